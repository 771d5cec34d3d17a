import { labels } from './compose-labels.ts';
import type { StopWitnesses } from './decide-stopped-by.ts';
import { describeWatched, toWatched } from './describe-watched.ts';
import type { DockerEngine } from './docker-engine.ts';
import { inspectAll } from './inspect-all.ts';
import { isHalfMade, listContainers, onlyProject, type ProjectScope } from './project-scope.ts';
import type { WatchScope } from './watching.ts';

/** The containers that the bot may look at, as the watch needs them. */
export function watchScope(engine: DockerEngine, scope: ProjectScope, witnesses: StopWitnesses): WatchScope {
  const about = { scope, witnesses };
  const only = onlyProject(scope);
  return {
    label: only === undefined ? [] : [`${labels.project}=${only}`],
    describe: ({ id, name = '', labels: of = {} }) => describeWatched(scope, id, name, of),
    isEnding: (id) => witnesses.own.isEnding(id),
    list: async (needsInspection) => {
      const listed = (await listContainers(engine, scope)).filter((one) => !isHalfMade(one));
      const plain = listed.flatMap((one) => toWatched(about, one, undefined) ?? []);
      const seen = await inspectAll(
        engine,
        plain.filter(needsInspection).map(({ id }) => ({ Id: id })),
      );
      return listed.flatMap((one) => toWatched(about, one, seen.get(one.Id)) ?? []);
    },
  };
}

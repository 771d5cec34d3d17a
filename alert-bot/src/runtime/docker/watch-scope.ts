import { labels } from './compose-labels.ts';
import type { StopWitnesses } from './decide-stopped-by.ts';
import { describeWatched, toWatched } from './describe-watched.ts';
import type { DockerEngine } from './docker-engine.ts';
import { inspectAll } from './inspect-all.ts';
import { isHalfMade, type ProjectScope } from './project-scope.ts';
import type { WatchScope } from './watching.ts';

/** The containers that the bot may look at, as the watch needs them. */
export function watchScope(engine: DockerEngine, scope: ProjectScope, witnesses: StopWitnesses): WatchScope {
  const about = { scope, witnesses };
  return {
    label: [`${labels.project}=${scope.project}`],
    describe: ({ id, name = '', labels: of = {} }) => describeWatched(scope, id, name, of),
    list: async (needsInspection) => {
      const listed = (await engine.listProject(scope.project)).filter((one) => !isHalfMade(one));
      const plain = listed.flatMap((one) => toWatched(about, one, undefined) ?? []);
      const seen = await inspectAll(
        engine,
        plain.filter(needsInspection).map(({ id }) => ({ Id: id })),
      );
      return listed.flatMap((one) => toWatched(about, one, seen.get(one.Id)) ?? []);
    },
  };
}

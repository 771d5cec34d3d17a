import { type FakeContainer, startContainer, stopContainer } from './fake-container.ts';
import type { EngineState } from './fake-engine-call.ts';

/** What others do to containers: people, the compose CLI, the kernel. Each emits the engine's events, and no `state.events`. */
export interface People {
  /** `docker stop`: the program ends on SIGTERM. */
  dockerStop(container: FakeContainer, exitCode?: number): void;
  /** `docker kill`: the restart policy does not apply. */
  dockerKill(container: FakeContainer): void;
  dockerStart(container: FakeContainer): void;
  dockerPause(container: FakeContainer): void;
  dockerUnpause(container: FakeContainer): void;
  /** Ends without anybody's doing, and is not started again. */
  crash(container: FakeContainer, exitCode: number): void;
  /** Its healthcheck fails, or passes again, from now on. */
  turn(container: FakeContainer, health: 'healthy' | 'unhealthy'): void;
  /** It ends on its own and its restart policy starts it again. */
  crashAndRestart(container: FakeContainer, exitCode?: number): void;
  /** The kernel kills one of its processes. */
  outOfMemory(container: FakeContainer): void;
  rename(container: FakeContainer, name: string): void;
  remove(container: FakeContainer): void;
}

export function createPeople(state: EngineState): People {
  const { stream } = state;
  const kill = (container: FakeContainer, signal: number) =>
    stream?.emit('kill', container, { signal: String(signal) });
  const end = (container: FakeContainer, exitCode: number) => {
    stopContainer(container, exitCode);
    stream?.emit('die', container, { exitCode: String(exitCode) });
  };
  return {
    dockerStop: (container, exitCode = 143) => {
      kill(container, 15);
      stream?.emit('stop', container); // before `die` on engine 28
      end(container, exitCode);
    },
    dockerKill: (container) => {
      kill(container, 9);
      end(container, 137);
    },
    dockerStart: (container) => {
      startContainer(container, () => `172.18.0.${state.nextAddress++}`);
      stream?.emit('start', container);
    },
    dockerPause: (container) => {
      container.State = { ...container.State, Status: 'paused' };
      stream?.emit('pause', container);
    },
    dockerUnpause: (container) => {
      container.State = { ...container.State, Status: 'running' };
      stream?.emit('unpause', container);
    },
    crash: end,
    turn: (container, health) => {
      const fails = health === 'unhealthy';
      container.State.Health = {
        Status: health,
        Log: [{ ExitCode: Number(fails), Output: fails ? 'refused' : 'ok', End: new Date().toISOString() }],
      };
      container.looks = Number.NEGATIVE_INFINITY; // a look changes nothing before its next start
      stream?.emit(`health_status: ${health}`, container);
    },
    crashAndRestart: (container, exitCode = 1) => {
      end(container, exitCode);
      const restarts = container.RestartCount + 1;
      startContainer(container, () => `172.18.0.${state.nextAddress++}`);
      container.RestartCount = restarts;
      stream?.emit('start', container);
    },
    outOfMemory: (container) => stream?.emit('oom', container),
    rename: (container, name) => {
      const oldName = container.Name;
      container.Name = `/${name}`;
      stream?.emit('rename', container, { oldName });
    },
    remove: (container) => {
      state.containers = state.containers.filter((one) => one !== container);
      stream?.emit('destroy', container);
    },
  };
}

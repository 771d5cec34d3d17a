import { request } from 'node:http';

interface State {
  StartedAt: string;
  Health?: { Status: string };
}

const socketPath = (process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock').replace(/^unix:\/\//, '');

/** The container as the engine sees it, asked over its socket: starting the CLI for each poll would measure the CLI. */
export function stateOf(container: string): Promise<State> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path: `/containers/${container}/json`, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.once('end', () => resolve((JSON.parse(text) as { State: State }).State));
    });
    asked.once('error', reject).end();
  });
}

/** Started anew and healthy. */
export async function isHealthyAnew(container: string, startedAtBefore: string): Promise<boolean> {
  const { StartedAt, Health } = await stateOf(container);
  return StartedAt !== startedAtBefore && Health?.Status === 'healthy';
}

import { expect, test } from 'vitest';
import { repository } from '../src/compose-project.ts';
import { runCommand } from '../src/run-command.ts';
import { connectToStack } from '../src/stack.ts';

interface Inspected {
  Name: string;
  Image: string;
  Config: { User: string; Image: string; Labels: Record<string, string> };
  HostConfig: {
    Privileged: boolean;
    ReadonlyRootfs: boolean;
    CapDrop: string[] | null;
    CapAdd: string[] | null;
    SecurityOpt: string[] | null;
    Memory: number;
    LogConfig: { Config: Record<string, string> };
    RestartPolicy: { Name: string };
    PortBindings: Record<string, { HostIp: string }[]> | null;
    NetworkMode: string;
    PidMode: string;
  };
  Mounts: { Source: string; Destination: string; RW: boolean }[];
}

const stack = connectToStack();
const holdsSocket = stack.description.files.includes('docker-compose.hardened.yml') ? 'agent' : 'alert-bot';
const serviceOf = ({ Config }: Inspected) => Config.Labels['com.docker.compose.service'] ?? '';

// The bystander is not part of the product.
const containers = async () =>
  ((await stack.inspect()) as unknown as Inspected[]).filter((each) => serviceOf(each) !== 'bystander');

test('no container runs as root, except the one that holds the Docker socket, and that one without capabilities', async () => {
  for (const container of await containers()) {
    const runsAsRoot = /^(0|root)?(:|$)/.test(container.Config.User);
    expect(runsAsRoot, `${container.Name} has the user "${container.Config.User}"`).toBe(
      serviceOf(container) === holdsSocket,
    );
  }
});

test('every container has a read-only root, no capabilities, no new privileges, bounded memory and bounded logs', async () => {
  for (const { Name, HostConfig } of await containers()) {
    expect({ Name, ...HostConfig }, Name).toMatchObject({
      Privileged: false,
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      CapAdd: null,
      SecurityOpt: ['no-new-privileges:true'],
      LogConfig: { Config: { 'max-size': '10m', 'max-file': '3' } },
      PidMode: '',
    });
    expect(HostConfig.Memory, Name).toBeGreaterThan(0);
    expect(HostConfig.NetworkMode, Name).not.toBe('host');
  }
});

test('only the one process that needs it sees the Docker socket, and nothing of the host outside the repository is mounted', async () => {
  for (const container of await containers()) {
    const outside = container.Mounts.map(({ Source }) => Source).filter(
      (source) =>
        !source.includes('/volumes/') &&
        !source.startsWith(repository) &&
        !source.startsWith(stack.description.env['E2E_DIR'] ?? ''),
    );
    expect(outside, container.Name).toEqual(serviceOf(container) === holdsSocket ? ['/var/run/docker.sock'] : []);
  }
});

test('ports are published on the loopback address only, and the database, the worker and the exporters have none', async () => {
  for (const container of await containers()) {
    const addresses = Object.values(container.HostConfig.PortBindings ?? {})
      .flat()
      .map(({ HostIp }) => HostIp);
    expect(
      addresses.filter((address) => address !== '127.0.0.1'),
      container.Name,
    ).toEqual([]);
    if (/^(db|worker|agent|migrate|.*-exporter)$/.test(serviceOf(container)))
      expect(addresses, container.Name).toEqual([]);
  }
});

test('images are pinned to a version and carry no secret', async () => {
  for (const { Image, Config, Name } of await containers()) {
    const built = Config.Image.startsWith(`${stack.name}-`);
    if (!built) expect(Config.Image, Name).toMatch(/:v?\d[\w.-]*$/);
    const [image] = JSON.parse(await runCommand('docker', ['image', 'inspect', Image])) as [
      { Config: { Env: string[] | null; User: string } },
    ];
    expect(
      (image.Config.Env ?? []).filter((entry) => /PASSWORD|TOKEN|SECRET|DATABASE_URL/.test(entry)),
      Name,
    ).toEqual([]);
    if (built) expect(image.Config.User, Name).toBe('node');
  }
});

import { createHash, generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redactSecrets } from '../../src/runtime/redact-secrets.ts';

/** Joined here, so that no scanner of secrets takes this file for a leak. */
const token = (...parts: string[]) => parts.join('');
const letters = 'aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0fG3hJ6kL9n';
const hex = '0123456789abcdef0123456789abcdef';

describe('a token is known by its form', () => {
  it.each([
    ['Amazon', token('AK', 'IAIOSFODNN7EXAMPLE')],
    ['Amazon, for a while', token('AS', 'IAIOSFODNN7EXAMPLE')],
    ['GitHub', token('gh', 'p_', letters.slice(0, 36))],
    ['GitHub application', token('gh', 's_', letters.slice(0, 36))],
    ['GitHub, fine-grained', token('github', '_pat_', letters, '_', letters)],
    ['GitLab', token('glp', 'at-', letters.slice(0, 20))],
    ['GitLab runner', token('glr', 't-', letters.slice(0, 20))],
    ['Slack', token('xo', 'xb-123456789012-1234567890123-', letters.slice(0, 24))],
    ['Slack application', token('xa', 'pp-1-A0123-456-', hex)],
    ['npm', token('np', 'm_', letters.slice(0, 36))],
    ['PyPI', token('py', 'pi-AgEIcHlwaS5vcmc', letters)],
    ['Stripe', token('sk', '_live_', letters.slice(0, 24))],
    ['Stripe webhook', token('wh', 'sec_', letters)],
    ['SendGrid', token('S', 'G.', letters.slice(0, 22), '.', letters)],
    ['Twilio', token('S', 'K', hex)],
    ['Mailgun', token('ke', 'y-', hex)],
    ['OpenAI', token('s', 'k-proj-', letters)],
    ['Anthropic', token('s', 'k-ant-api03-', letters)],
    ['Google', token('AI', 'za', letters.slice(0, 35))],
    ['Google OAuth', token('ya', '29.', letters)],
    ['Hugging Face', token('h', 'f_', letters.slice(0, 34))],
    ['DigitalOcean', token('do', 'p_v1_', hex, hex)],
    ['Vault', token('hv', 's.', letters)],
    ['Atlassian', token('AT', 'ATT3xFfGF0', letters)],
    ['Grafana', token('gl', 'sa_', letters.slice(0, 32), '_0a1b2c3d')],
    ['Docker Hub', token('dck', 'r_pat_', letters)],
    ['Telegram', token('123456789', ':AA', letters.slice(0, 33))],
    ['Azure', token('abc8', 'Q~', letters.slice(0, 34))],
    ['JSON web token', token('ey', 'JhbGciOiJIUzI1NiJ9.', 'eyJzdWIiOiIxMjM0NTY3ODkwIn0.', letters)],
    ['JSON web token that was cut', token('ey', 'JhbGciOiJIUzI1NiJ9.eyJzdWI')],
    [
      'a Slack hook',
      token('https://hooks.slack.com/serv', 'ices/T00000000/B00000000/', letters.slice(0, 24)),
      'https://hooks.slack.com/services/[redacted]',
    ],
    [
      'a Discord hook',
      token('https://discord.com/api/web', 'hooks/1234/', letters),
      'https://discord.com/api/webhooks/[redacted]',
    ],
    [
      'a Teams hook',
      token('https://x.webhook.office.com/web', 'hookb2/', hex, '@', hex),
      'https://x.webhook.office.com/webhookb2/[redacted]',
    ],
    [
      'a Telegram address',
      token('https://api.telegram.org/bo', 't1234:', letters, '/sendMessage'),
      'https://api.telegram.org/bot[redacted]',
    ],
    ['a login of HTTP', 'sent basic dXNlcjpwYXNzd29yZA==', 'sent basic [redacted]'],
  ])('%s', (_whose, secret, expected = '[redacted]') => {
    const text = expected.startsWith('sent') ? secret : `got ${secret}`;
    expect(redactSecrets(text)).toBe(expected.startsWith('sent') ? expected : `got ${expected}`);
    expect(redactSecrets(`{"x":"${secret}"}`)).not.toContain(secret.slice(-12));
  });
});

describe('a value is known by its name', () => {
  it.each([
    ['ENCRYPTION_KEY=correcthorse', 'ENCRYPTION_KEY=[redacted]'],
    ['encryptionKey: correcthorse', 'encryptionKey: [redacted]'],
    ['api key: abc123', 'api key: [redacted]'],
    ['Secret Access Key = wJalrXUtnFEMI/K7MDENG+bPx', 'Secret Access Key = [redacted]'],
    ['aws_secret_access_key=wJalrXUtnFEMI/K7MDENG+bPx', 'aws_secret_access_key=[redacted]'],
    ['password: correct horse battery staple', 'password: [redacted]'],
    ['password: correct horse user: bob', 'password: [redacted] user: bob'],
    ['pwd=a,b;c&d!e', 'pwd=[redacted]'],
    ['password=abc, user=bob', 'password=[redacted], user=bob'],
    ['(password=abc)', '(password=[redacted])'],
    ["password='a b'", "password='[redacted]'"],
    ['password = "a\\"b c", n = 1', 'password = "[redacted]", n = 1'],
    ['{"password":"a\\"b\\\\","n":1}', '{"password":"[redacted]","n":1}'],
    ['{"m":"{\\"password\\":\\"abc\\",\\"n\\":1}"}', '{"m":"{\\"password\\":\\"[redacted]\\",\\"n\\":1}"}'],
    ['{"password" : "abc"}', '{"password" : "[redacted]"}'],
    ["{'clientSecret': 'abc'}", "{'clientSecret': '[redacted]'}"],
    ['{ password: `abc` }', '{ password: `[redacted]` }'],
    ['secret => abc9', 'secret => [redacted]'],
    ['<password>abc</password>', '<password>[redacted]</password>'],
    ['run --password hunter2 --port 80', 'run --password [redacted] --port 80'],
    ['run --api-key=hunter2', 'run --api-key=[redacted]'],
    ["CREATE ROLE x PASSWORD 'abc'", "CREATE ROLE x PASSWORD '[redacted]'"],
    ["IDENTIFIED BY 'abc'", "IDENTIFIED BY '[redacted]'"],
    ['GET /x?token=abc1&page=2', 'GET /x?token=[redacted]&page=2'],
    [
      '/x?X-Amz-Signature=0123456789abcdef0123&X-Amz-Date=20260101T000000Z',
      '/x?X-Amz-Signature=[redacted]&X-Amz-Date=20260101T000000Z',
    ],
    ['?sv=2024&sig=aB3%2Fd9eF0%3D&se=2026', '?sv=2024&sig=[redacted]&se=2026'],
    ['AccountName=x;AccountKey=aB3d+/9=;EndpointSuffix=y', 'AccountName=x;AccountKey=[redacted];EndpointSuffix=y'],
    ['Server=db;User Id=sa;Password=p@ss w;Database=x', 'Server=db;User Id=sa;Password=[redacted];Database=x'],
    ['session_id=aB3dE6gH9jK2', 'session_id=[redacted]'],
    ['export DB_PASS=hunter2', 'export DB_PASS=[redacted]'],
    ['{"user":"bob","pass":"hunter2"}', '{"user":"bob","pass":"[redacted]"}'],
    ['{"tokens":["a1b2","c3"],"n":1}', '{"tokens":[[redacted]],"n":1}'],
    ['{"credentials":{"user":"a","password":"b"}}', '{"credentials":{"user":"a","password":"[redacted]"}}'],
    ['password: |\n  hunter2\nport: 80', 'password: |\n  [redacted]\nport: 80'],
    ['redirect=%2Fx%3Ftoken%3Da1b2c3', 'redirect=%2Fx%3Ftoken%3D[redacted]'],
    ['machine x login bob password hunter2', 'machine x login bob password [redacted]'],
    ['curl -u bob:hunter2 http://x', 'curl -u bob:[redacted] http://x'],
    ['//registry.example/:_authToken=a1-b2', '//registry.example/:_authToken=[redacted]'],
    ['SharedAccessSignature=sv=2024&sig=aB3dE6gH9jK2', 'SharedAccessSignature=sv=2024&sig=[redacted]'],
    ['client-key-data: TUlJRXZ3SUJBREFOQmdr', 'client-key-data: [redacted]'],
    ['key=aB3dE6gH9jK2mN5pQ8', 'key=[redacted]'],
    ['root:$6$saltsalt$abcdefghijklmnop/qrstuvwxyz:1', 'root:[redacted]:1'],
    ['it is $2b$10$abcdefghijklmnopqrstuv.', 'it is [redacted]'],
    ['connection string: aB3dE6gH9jK2', 'connection string: [redacted]'],
    ['private_key_id: 0a1b2c3d4e5f', 'private_key_id: [redacted]'],
    ['\u001b[36mpassword\u001b[39m: \u001b[31m"hun\u001b[0mter2"\u001b[0m', 'password: "[redacted]"'],
    ['password=hun\u0000ter2', 'password=[redacted]'],
  ])('%s', (text, expected) => {
    expect(redactSecrets(text)).toBe(expected);
  });
});

describe('headers', () => {
  it.each([
    ['Cookie: sid=abc; theme=dark', 'Cookie: [redacted]'],
    ['< Set-Cookie: sid=abc; Path=/; HttpOnly', '< Set-Cookie: [redacted]'],
    ['{"cookie":"sid=abc; a=b","host":"x"}', '{"cookie":"[redacted]","host":"x"}'],
    ['{"set-cookie":["a=b; Path=/","c=d"],"n":1}', '{"set-cookie":[[redacted]],"n":1}'],
    ["[ 'Cookie', 'sid=abc' ]", "[ 'Cookie', '[redacted]' ]"],
    ['Authorization: Basic dXNlcjpwYXNz', 'Authorization: Basic [redacted]'],
    ['authorization: token abc123 status=401', 'authorization: token [redacted] status=401'],
    ['Authorization: Digest username="u", response="abc"', 'Authorization: Digest [redacted]'],
    ['{"Authorization":"Bearer abc"}', '{"Authorization":"Bearer [redacted]"}'],
    ['Proxy-Authorization: abc', 'Proxy-Authorization: [redacted]'],
    ['X-Api-Key: abc-1', 'X-Api-Key: [redacted]'],
    ['X-Auth-Token: abc-1', 'X-Auth-Token: [redacted]'],
  ])('%s', (text, expected) => {
    const seen = redactSecrets(text);
    if (text.includes('Digest')) expect(seen).not.toMatch(/"u"|abc/);
    else expect(seen).toBe(expected);
  });
});

describe('addresses', () => {
  it.each([
    ['postgres://app:secret9@db:5432/x', 'postgres://app:[redacted]@db:5432/x'],
    ['mongodb+srv://u:p%40ss@c.example.net/x?w=1', 'mongodb+srv://u:[redacted]@c.example.net/x?w=1'],
    ['redis://:topsecret@cache:6379/0', 'redis://:[redacted]@cache:6379/0'],
    ['amqp://a:b@h1,amqp://c:d@h2', 'amqp://a:[redacted]@h1,amqp://c:[redacted]@h2'],
    ['postgres://app:p@ss@db/x', 'postgres://app:[redacted]@db/x'],
    ['postgres://app:p/s?s@db/x', /^postgres:\/\/app:\[redacted\]/],
    ['postgres://app:p/ss@db/x', 'postgres://app:[redacted]@db/x'],
    ['postgres://app:p@s/s@db/x', 'postgres://app:[redacted]@db/x'],
    ['https://0a1b2c3d4e5f6a7b8c9d@o1.ingest.sentry.io/1', 'https://[redacted]@o1.ingest.sentry.io/1'],
    ['https://registry.example:443/@scope/pkg', 'https://registry.example:443/@scope/pkg'],
    ['http://api:3000/health?x=1', 'http://api:3000/health?x=1'],
    ['see https://example.com/users/bob@example.com', 'see https://example.com/users/bob@example.com'],
    ['git+ssh://git@github.com/x/y.git', 'git+ssh://git@github.com/x/y.git'],
  ])('%s', (text, expected) => {
    if (typeof expected === 'string') expect(redactSecrets(text)).toBe(expected);
    else expect(redactSecrets(text)).toMatch(expected);
  });
});

describe('keys of many lines', () => {
  const pem = generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey.export({
    type: 'pkcs8',
    format: 'pem',
  }) as string;
  const short = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  const body = (key: string) => key.split('\n').filter((line) => line !== '' && !line.startsWith('-----'));
  const none = (text: string, key: string) => {
    const seen = redactSecrets(text);
    for (const line of body(key)) expect(seen).not.toContain(line);
    return seen;
  };

  it.each([
    ['of RSA', pem],
    ['of Ed25519, with one line', short],
  ])('%s, wherever they stand', (_kind, key) => {
    expect(none(`before\n${key}after`, key)).toMatch(/^before\n-----BEGIN[\s\S]*after$/);
    none(JSON.stringify({ key }), key);
    none(JSON.stringify({ text: JSON.stringify({ key }) }), key);
    none(`KEY="${key.replaceAll('\n', '\\n')}"`, key);
    none(key.replaceAll('\n', '\r\n'), key);
    none(
      key
        .split('\n')
        .map((line) => `2026-01-01T00:00:00Z app-1  | ${line}`)
        .join('\n'),
      key,
    );
    none(
      key
        .split('\n')
        .map((line) => `[info] key: "${line}"`)
        .join('\n'),
      key,
    );
    none(
      key
        .split('\n')
        .map((line) => `    ${line}`)
        .join('\n'),
      key,
    );
  });

  it('when another line stands between theirs', () => {
    none(key(pem).join('\nGET /health 200\n'), pem);
  });
  const key = (text: string) => text.split('\n');

  it('when the log begins or ends in the middle of one', () => {
    const lines = key(pem);
    for (const cut of [1, 2, 5, lines.length - 3]) {
      none(lines.slice(cut).join('\n'), lines.slice(cut).join('\n'));
      none(lines.slice(0, cut).join('\n'), lines.slice(0, cut).join('\n'));
    }
    none(`${pem.slice(0, 200)}`, pem.slice(0, 190));
  });

  it('certificates and digests around them do not matter', () => {
    const digest = createHash('sha512').update('x').digest('hex');
    expect(redactSecrets(`image sha256:${digest.slice(0, 64)} ${digest}`)).toContain(digest);
  });
});

const quoted = (value: string) => JSON.stringify(value).slice(1, -1);

describe('the environment', () => {
  const secret = 'p@ss"w/rd+1 x&\'s<';
  it.each([
    ['as it is', (value: string) => value],
    ['in an address', encodeURIComponent],
    ['in a form', (value: string) => encodeURIComponent(value).replaceAll('%20', '+')],
    [
      'in an address in small letters',
      (value: string) => encodeURIComponent(value).replace(/%../g, (code) => code.toLowerCase()),
    ],
    ['in an address, but for the reserved signs', encodeURI],
    [
      'in an address of Python',
      (value: string) => encodeURIComponent(value).replaceAll('%2F', '/').replaceAll("'", '%27'),
    ],
    ['in JSON of Go', (value: string) => quoted(value).replace('&', '\\u0026').replace('<', '\\u003c')],
    ['in JSON of PHP', (value: string) => quoted(value).replaceAll('/', '\\/')],
    ['in JSON', (value: string) => JSON.stringify(value).slice(1, -1)],
    ['in JSON in JSON', (value: string) => JSON.stringify(JSON.stringify(value)).slice(3, -3)],
    ['in hexadecimal', (value: string) => Buffer.from(value).toString('hex')],
    ['in base64', (value: string) => Buffer.from(value).toString('base64')],
    ['in base64 behind one letter', (value: string) => Buffer.from(`u${value}`).toString('base64')],
    ['in base64 as login', (value: string) => Buffer.from(`us:${value}`).toString('base64url')],
    ['in base64 as longer login', (value: string) => Buffer.from(`user:${value}!`).toString('base64')],
  ])('is known %s', (_how, encode) => {
    const written = encode(secret);
    const seen = redactSecrets(`at (${written}) end`, [`DB_PASSWORD=${secret}`]);
    expect(seen).toContain('[redacted]');
    expect(seen).not.toContain(written.slice(4, -4));
  });

  it.each([
    'ENCRYPTION_KEY',
    'SESSION_KEY',
    'APP_KEY',
    'SALT',
    'HASH_SALT',
    'TLS_PEM',
    'COOKIE',
    'SESSION',
    'SIGNING',
    'SENTRY_DSN',
    'DB_CONN',
    'CONNECTION',
    'SMTP_PASS',
    'MYAPIKEY',
    'BASIC_AUTH',
    'GH_TOKEN',
    'KEY',
    'JWT',
    'MONGODB_URI_PASSWORD',
  ])('the value of %s is a secret', (name) => {
    expect(redactSecrets('it is aB3dE6gH9jK2.', [`${name}=aB3dE6gH9jK2`])).toBe('it is [redacted].');
  });

  it.each([
    'PWD=/srv/app',
    'KEYBOARD=qwertz12',
    'PASSENGER_PORT=Abc12345',
    'SESSION_TIMEOUT=3600000',
    'KEY_FILE=/run/secrets/key',
    'AUTH=enabled',
    'AUTH_URL=https://auth.example.com',
    'POSTGRES_PASSWORD=postgres',
    'TOKEN=abc',
    'LANG=C.UTF-8',
    'MONKEY=bananas',
    '=x',
    'NOTHING',
    '',
  ])('the value of %s is left as it is', (entry) => {
    const text = `value ${entry.slice(entry.indexOf('=') + 1)} in a line, port 3600000, postgres is ready`;
    expect(redactSecrets(text, [entry])).toBe(text);
  });

  it('the password in any address is one, whatever the variable is called', () => {
    const env = ['BROKER=amqp://app:hunter2x@mq/', 'ODBC=Driver=x;Pwd=hunter3x;'];
    expect(redactSecrets('hunter2x hunter3x', env)).toBe('[redacted] [redacted]');
  });

  it('lines of a key in a variable are known one by one, and a secret that the end of the text cuts', () => {
    const env = [
      'TLS_PRIVATE=-----BEGIN X-----\nfirst-line-of-it-is-this\nsecond-line-of-it-is-this',
      'API_TOKEN=abcdefghijklmnop',
    ];
    expect(redactSecrets('a: first-line-of-it-is-this\nb: second-line-of-it-is-this', env)).toBe(
      'a: [redacted]\nb: [redacted]',
    );
    expect(redactSecrets('calling with abcdefghij', env)).toBe('calling with [redacted]');
  });
});

it.each([
  'GET /health 200 3 ms',
  'listening on http://0.0.0.0:3000',
  'SyntaxError: Unexpected token: end of input',
  'invalid token: expired',
  'password: required',
  'secret=***',
  'total_tokens: 4096',
  'cache key: user 42',
  'primary_key=id',
  'bypass=true compass=north passed: 12',
  'Error: connect ECONNREFUSED 172.18.0.2:5432',
  'at Object.<anonymous> (/srv/app/node_modules/express/lib/router/index.js:284:15)',
  'session opened for user app',
  'ready in 120ms, key=id',
  'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  '2026-01-01T00:00:00.000Z INFO worker batch 550e8400-e29b-41d4-a716-446655440000 done',
  'disk-usage task-force-2024-something risk-assessment-1',
  'connection: keep-alive',
  'auth: ok, login: bob',
  'tokenizer: fast, secretary: eve',
  'Basic authentication is disabled',
  'GET key=cache:user42:profile',
  'code=ERR_HTTP2_STREAM_CANCEL errno: EADDRINUSE2',
  'commit hash: 0a1b2c3d4e5f',
  'cert=/etc/ssl/server1.pem key: server2.key',
  'connection: pool-1',
  'all tests pass: 12',
])('an ordinary line stays as it is: %s', (line) => {
  expect(redactSecrets(line, ['DB_PASSWORD=hunter2secret'])).toBe(line);
});

it('no secret of the environment and no password in a setting is left, whatever stands around it', () => {
  const around = fc.string({ maxLength: 20 });
  const secret = fc.string({
    unit: fc.constantFrom(...'aZ09!$%&+,;:/@"\'\\=?#()[]{}<>|~ ü'),
    minLength: 8,
    maxLength: 30,
  });
  fc.assert(
    fc.property(around, secret, around, (before, inner, after) => {
      const value = `x${inner}y`;
      expect(redactSecrets(`${before} ${value} ${after}`, [`DB_PASSWORD=${value}`])).not.toContain(value);
      expect(redactSecrets(`${before} ${JSON.stringify({ password: value })} ${after}`)).not.toContain(quoted(value));
    }),
    { numRuns: 2_000 },
  );
});

it('what is redacted is not changed by being redacted again', () => {
  const part = fc.constantFrom(
    'password',
    'token',
    'key',
    ':',
    '=',
    '"',
    "'",
    '\\',
    ' ',
    '\n',
    'a',
    'aB3dE6gH9j',
    '://',
    '@',
    ';',
    '[redacted]',
    'cookie',
    '-----BEGIN X-----',
    '-----END X-----',
    '<',
    '>',
    '--',
    ',',
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
      const once = redactSecrets(parts.join(''));
      expect(redactSecrets(redactSecrets(once))).toBe(redactSecrets(once));
      expect(once).not.toContain('undefined');
    }),
    { numRuns: 1_000 },
  );
});

describe('text that is made to be slow takes linear time', () => {
  const mega = (unit: string) => unit.repeat(Math.ceil(100_000 / unit.length)).slice(0, 100_000);
  const units = [
    'a',
    'a-',
    'a.',
    ' ',
    '\n',
    '"',
    '\\',
    '\\"',
    '=',
    ':',
    '-',
    '@',
    '/',
    '://',
    'a://b:',
    'x://y@',
    'x://:/@',
    'password',
    'password=',
    'password:',
    'password: a ',
    'password="',
    'password="\\',
    'key=',
    'key: ',
    'token,',
    "token,'",
    'cookie:',
    'cookie:[',
    'cookie: a',
    'authorization:',
    'bearer ',
    'bearer',
    'basic ',
    'basic a',
    'eyJ',
    'eyJ-',
    'eyJaaaaaaaaaaaaaaa.',
    'SG.',
    'SG.aaaaaaaaaaa',
    'sk-',
    'sk-a-',
    'xox',
    'xoxb-',
    'ghp_',
    'AKIA',
    '8Q~',
    '1//0',
    '-----BEGIN X-----',
    '-----BEGIN X-----\n',
    '-----END X-----\n',
    '-----',
    `${'A'.repeat(63)} `,
    'Aa1/',
    '--a ',
    '--password ',
    'identified by ',
    'hooks.slack.com/services/',
    '<a>',
    'password>',
    'hunter2secre',
    '\u001b[',
    '\u001b[1',
    'api api ',
    'a b ',
    '😀',
    'dp.aa.',
    'FlyV1 ',
  ];
  it.each(units)('%j', (unit) => {
    const began = performance.now();
    redactSecrets(mega(unit), ['DB_PASSWORD=hunter2secret', 'A_TOKEN=aaaaaaaaaaaaaaaaaaaa']);
    expect(performance.now() - began).toBeLessThan(4_000);
  });

  it('with ten thousand variables', () => {
    const env = Array.from({ length: 10_000 }, (_, i) => `TOKEN_${i}=aaaaaaaaaaaa${i}b`);
    const began = performance.now();
    redactSecrets(mega('a'), env);
    expect(performance.now() - began).toBeLessThan(4_000);
  });
});

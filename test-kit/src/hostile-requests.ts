export interface HostileRequest {
  name: string;
  /** What goes over the line. */
  bytes: string | Uint8Array;
  /** The statuses that are right; none means that the server may close without an answer. */
  statuses: readonly number[];
  /** The client goes away after sending this. */
  end?: boolean;
}

export interface HostileTarget {
  /** A route that takes a JSON body. */
  write: { method: 'POST' | 'PUT'; path: string; body: string };
  /** A route that takes a query. */
  read: string;
  /** A route that is not answered for every host, when `read` is a health check. */
  checked?: string;
  /** Further headers of every request: a token. */
  headers?: string;
}

const crlf = '\r\n';

/**
 * What an enemy sends, or a broken client: charsets, encodings, framing, addresses, methods, headers and bodies. None of it may be answered with a
 * 5xx, and none may end the process. Written for any of the services; each runs it against its bundle.
 */
export function hostileRequests(target: HostileTarget): HostileRequest[] {
  return [
    ...charsets(target),
    ...encodings(target),
    ...framings(target),
    ...addresses(target),
    ...methods(target),
    ...headers(target),
    ...hosts(target),
    ...bodies(target),
    ...nonsense(),
  ];
}

function writeRequest(
  { write, headers: more = '' }: HostileTarget,
  headerLines: readonly string[],
  body: string,
): string {
  const head = [`${write.method} ${write.path} HTTP/1.1`, 'Host: localhost', 'Connection: close', ...headerLines];
  return `${head.join(crlf)}${crlf}${more}${crlf}${body}`;
}

/** A whole body with its length, of the usual type unless another is given. */
function withBody(
  target: HostileTarget,
  body: string,
  headerLines: readonly string[] = ['Content-Type: application/json'],
) {
  const length = Buffer.byteLength(body, 'latin1');
  return writeRequest(target, [...headerLines, `Content-Length: ${length}`], body);
}

const readRequest = (
  { headers: more = '' }: HostileTarget,
  path: string,
  headerLines: readonly string[] = [],
  method = 'GET',
) =>
  `${[`${method} ${path} HTTP/1.1`, 'Host: localhost', 'Connection: close', ...headerLines].join(crlf)}${crlf}${more}${crlf}`;

function charsets(target: HostileTarget): HostileRequest[] {
  const others = [
    ...'utf-7 UTF-7 utf7 utf-7-imap utf-16 utf-16le utf-16be utf-32 utf-32le ucs-2 cesu-8 latin1 iso-8859-1'.split(' '),
    ...'iso-8859-15 windows-1252 windows-1251 cp437 koi8-r macroman ascii us-ascii binary base64 hex'.split(' '),
    ...'shift_jis euc-jp gbk gb2312 gb18030 big5 euc-kr x-nope constructor __proto__ toString'.split(' '),
    ...[
      '"utf-7"',
      '"utf\\-7"',
      '""',
      '',
      'utf-8; charset=utf-7',
      'utf-7; charset=utf-8',
      'utf-8,utf-7',
      'utf-8"',
      '"utf-8',
    ],
    ...[
      'utf-8 utf-7',
      'utf-8\t;charset="utf-16"',
      "utf-8'",
      'utf-8; =',
      'utf-8; charset',
      'utf_8',
      'utf-88',
      'x'.repeat(9_000),
    ],
  ].map((charset) => ({
    name: `charset=${charset.slice(0, 40)}`,
    bytes: withBody(target, target.write.body, [`Content-Type: application/json; charset=${charset}`]),
    statuses: [415],
  }));
  const types = [
    ...'text/plain text/html application/x-www-form-urlencoded application/jsonp application/xml application/*'.split(
      ' ',
    ),
    ...[
      'multipart/form-data; boundary=x',
      'multipart/form-data',
      'application/json, text/plain',
      'json',
      '/',
      ';',
      'é',
    ],
    ...['application/json/x', 'application/ json', '__proto__', 'constructor', 'application/json; charset=utf-8 x'],
  ].map((type) => ({
    name: `content type ${type}`,
    bytes: withBody(target, target.write.body, [`Content-Type: ${type}`]),
    statuses: [415],
  }));
  const none = { name: 'no content type', bytes: withBody(target, target.write.body, []), statuses: [415] };
  return [...others, ...types, none];
}

function encodings(target: HostileTarget): HostileRequest[] {
  const names = [
    'gzip',
    'GZIP',
    'x-gzip',
    'deflate',
    'br',
    'zstd',
    'compress',
    'gzip, gzip',
    'identity, gzip',
    'aes128gcm',
  ];
  return [...names, 'constructor', '__proto__', '*', 'x'.repeat(5_000)].map((encoding) => ({
    name: `content encoding ${encoding.slice(0, 40)}`,
    bytes: withBody(target, target.write.body, ['Content-Type: application/json', `Content-Encoding: ${encoding}`]),
    statuses: [415],
  }));
}

function framings(target: HostileTarget): HostileRequest[] {
  const json = 'Content-Type: application/json';
  const framed = (name: string, lines: string[], body: string, statuses: number[], end = false): HostileRequest => ({
    name,
    bytes: writeRequest(target, [json, ...lines], body),
    statuses,
    end,
  });
  const chunked = 'Transfer-Encoding: chunked';
  return [
    framed('a length and chunks', ['Content-Length: 5', chunked], `0${crlf}${crlf}`, [400]),
    framed('two lengths', ['Content-Length: 2', 'Content-Length: 3'], '{}', [400]),
    framed('a negative length', ['Content-Length: -1'], '{}', [400]),
    framed('a length that is no number', ['Content-Length: 1e3'], '{}', [400]),
    framed('a length beyond every number', [`Content-Length: ${'9'.repeat(30)}`], '{}', [400]),
    framed('a length of 8 PiB', ['Content-Length: 9007199254740991'], '{}', [413]),
    framed('an encoding that is not chunked', ['Transfer-Encoding: gzip'], '{}', [400]),
    framed('chunked twice', ['Transfer-Encoding: chunked, chunked'], `0${crlf}${crlf}`, [400]),
    framed(
      'chunks that are gzip as well',
      ['Transfer-Encoding: gzip, chunked'],
      `1${crlf}\x1f${crlf}0${crlf}${crlf}`,
      [400],
    ),
    framed('a chunk size that is none', [chunked], `zz${crlf}{}${crlf}0${crlf}${crlf}`, [400]),
    framed('a negative chunk size', [chunked], `-2${crlf}{}${crlf}0${crlf}${crlf}`, [400]),
    framed('a chunk size beyond every number', [chunked], `${'f'.repeat(40)}${crlf}{}`, [400]),
    framed('a chunk that is longer than it says', [chunked], `1${crlf}{}${crlf}0${crlf}${crlf}`, [400]),
    framed(
      'a chunk extension of 20 kB',
      [chunked],
      `2;x=${'x'.repeat(20_000)}${crlf}{}${crlf}0${crlf}${crlf}`,
      [400, 413],
    ),
    framed(
      'trailers with odd names',
      [chunked],
      `1${crlf}{${crlf}0${crlf}__proto__: 1${crlf}Host: x${crlf}${crlf}`,
      [400],
    ),
    framed('half a body, then nobody', ['Content-Length: 1000'], '{"a":', [400], true),
    framed('half a chunk, then nobody', [chunked], `400${crlf}{"a":`, [400], true),
    framed('a body after an expectation', ['Expect: 100-continue', 'Content-Length: 1'], '{', [400]),
    framed('an expectation that nobody meets', ['Expect: the-unexpected', 'Content-Length: 2'], '{}', [417]),
    framed(
      'an upgrade to another protocol',
      ['Upgrade: websocket', 'Connection: upgrade', 'Content-Length: 1'],
      '{',
      [400],
    ),
    framed(
      'an upgrade to HTTP/2',
      ['Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__', 'Content-Length: 1'],
      '{',
      [400],
    ),
  ];
}

function addresses(target: HostileTarget): HostileRequest[] {
  const refused = [400, 403, 404];
  const queries = [
    '__proto__=1',
    '__proto__[x]=1',
    'constructor=1',
    'constructor[prototype][x]=1',
    'toString',
    'hasOwnProperty=1',
    '%',
    '%zz=%',
    '%00=%00',
    '%ff=%fe',
    '%c0%af',
    'a[]=1&a[]=2',
    'limit[]=1',
    'limit[$gt]=1',
    '&&&===',
    'x'.repeat(12_000),
    'a&'.repeat(6_000),
    `a${'[a]'.repeat(3_000)}=1`,
    'limit=1&limit=2',
    'limit=1e999',
    'cursor=%F0%9F%92%A9',
    `cursor=${'A'.repeat(8_000)}`,
  ].map((query) => ({
    name: `query ${query.slice(0, 40)}`,
    bytes: readRequest(target, `${target.read}?${query}`),
    statuses: [200, 400, 404], // a route without parameters does not look at them
  }));
  const paths = [
    '/%',
    '/%zz',
    '/%00',
    '/%c0%af..%c0%af',
    '/%ff',
    '/..',
    '/../../etc/passwd',
    '//',
    '///x',
    '//evil.example/x',
    '/.',
    '/\\',
    '/a;b',
    '/__proto__',
    '/constructor',
    '/:id',
    '/*',
    '/(a+)+$',
    `/${'a/'.repeat(6_000)}`,
    `/${'%25'.repeat(4_000)}`,
    `${target.read}/%`,
    `${target.read}/%zz`,
    `${target.read}/%00`,
    `${target.read}/__proto__`,
    `${target.read}/${'1'.repeat(9_000)}`,
    '*',
    'http://',
    'http://localhost',
    'http://[',
    'x:y',
    '?',
    '#',
    'https://localhost:1/x',
  ].map((path) => ({
    name: `address ${path.slice(0, 40)}`,
    bytes: readRequest(target, path),
    statuses: path === '//' || path.startsWith('http://localhost') ? [...refused, 200] : [...refused, 405], // `/` may be a page
  }));
  const unusual = [
    { name: 'an address with NUL', bytes: readRequest(target, '/\0'), statuses: [400] },
    { name: 'an address that is not ASCII', bytes: readRequest(target, '/\xff\xfe'), statuses: [400, 404] },
    { name: 'an address of 20 kB', bytes: readRequest(target, `/${'a'.repeat(20_000)}`), statuses: [431] },
    { name: 'no address', bytes: readRequest(target, ''), statuses: [400] },
  ];
  return [...queries, ...paths, ...unusual];
}

function methods(target: HostileTarget): HostileRequest[] {
  const { read } = target;
  const known =
    'HEAD OPTIONS TRACE PATCH DELETE PROPFIND MKCOL LOCK COPY SEARCH PURGE REPORT M-SEARCH QUERY UNSUBSCRIBE'.split(
      ' ',
    );
  return [
    ...known.map((method) => ({
      name: `${method} ${read}`,
      bytes: readRequest(target, read, [], method),
      statuses: [200, 204, 400, 404, 405, 415],
    })),
    ...['BREW', 'get', 'G\0T', '', 'GETGETGET', '__proto__'].map((method) => ({
      name: `the method ${JSON.stringify(method)}`,
      bytes: readRequest(target, read, [], method),
      statuses: [400],
    })),
    { name: 'CONNECT', bytes: readRequest(target, 'localhost:80', [], 'CONNECT'), statuses: [] },
    { name: 'OPTIONS *', bytes: readRequest(target, '*', [], 'OPTIONS'), statuses: [200, 204, 404, 405] },
  ];
}

function headers(target: HostileTarget): HostileRequest[] {
  const odd: [string, string[], number[]?][] = [
    ['a header of 20 kB', [`X: ${'x'.repeat(20_000)}`], [431]],
    ['3,000 headers', Array.from({ length: 3_000 }, () => 'a:')],
    ['1,500 short headers', Array.from({ length: 1_500 }, () => 'a:b')],
    ['a header name that is none', ['a b: c'], [400]],
    ['a header without a colon', ['nothing'], [400]],
    ['a folded header', ['X: a', ' b'], [200, 400]],
    ['a header with NUL', ['X: a\0b'], [400]],
    ['a header that is not ASCII', ['X: \xff\xfe\xfd']],
    ['headers that every object has', ['__proto__: x', 'constructor: y', 'hasOwnProperty: z']],
    ['two hosts', ['Host: other'], [200, 400]],
    ['a request id that is an attack', ['X-Request-Id: ../../x%0d%0aSet-Cookie: a=b']],
    ['two request ids', ['X-Request-Id: a', 'X-Request-Id: b']],
    ['conditions', ['If-None-Match: *', 'If-Modified-Since: never', 'Cache-Control: no-cache, max-age=x'], [200, 304]],
    ['ranges', ['Range: bytes=0-,-1,5-2,99999999999999999999-'], [200]],
    [
      'what it would accept',
      [
        `Accept: ${'a/b;q=0.'.repeat(900)}`,
        'Accept-Encoding: gzip;q=x, *;q=0',
        'Accept-Language: \xff',
        'Accept-Charset: utf-7',
      ],
    ],
    ['cookies', [`Cookie: ${'a=b; '.repeat(2_000)}`]],
    [
      'a proxy that lies',
      ['X-Forwarded-For: ,,,', 'X-Forwarded-Host: evil.example', 'Forwarded: for=_;host=evil', 'X-Forwarded-Proto: x'],
    ],
    ['another method inside', ['X-HTTP-Method-Override: DELETE'], [200]],
    ['a length on a GET', ['Content-Length: 0']],
    ['a charset on a GET', ['Content-Type: application/json; charset=utf-7', 'Content-Encoding: gzip']],
    [
      'hop-by-hop names',
      ['TE: trailers, gzip', 'Trailer: x', 'Keep-Alive: timeout=x', 'Proxy-Connection: x', 'Via: \t'],
    ],
  ];
  return odd.map(([name, lines, statuses = [200]]) => ({
    name,
    bytes: readRequest(target, target.read, lines),
    statuses,
  }));
}

function hosts(target: HostileTarget): HostileRequest[] {
  const { read, checked = read, write, headers: more = '' } = target;
  const get = (path: string, host: string) =>
    `GET ${path} HTTP/1.1${crlf}Host: ${host}${crlf}Connection: close${crlf}${more}${crlf}`;
  const foreign = [
    ...'evil.example evil.example:8000 EVIL.EXAMPLE. localhost.evil.example 127.0.0.1.evil.example 127.0.0.1.nip.io'.split(
      ' ',
    ),
    ...'localhost@evil.example evil.example@localhost [::1].evil.example [evil.example] localhost:80:80 .localhost. a..b'.split(
      ' ',
    ),
    ...[
      '',
      ' ',
      'localhost evil.example',
      'localhost/evil.example',
      'localhost#.evil.example',
      'evil\xff.example',
      `${'x'.repeat(9_000)}.example`,
    ],
    ...[
      'api.evil.example',
      'xn--lcalhost-54a.example',
      'localhost\\.evil.example',
      'host.docker.internal.evil.example',
      'evil.internal',
      'evil.local',
    ],
  ];
  const ours = [
    ...'localhost localhost:8000 LocalHost localhost. x.localhost 127.0.0.1 127.9.9.9:1 10.1.2.3:5001 [::1] [::1]:8000 [fe80::1]'.split(
      ' ',
    ),
    ...'api api:8000 worker alert-bot:5001 project-api-1 0123456789ab host.docker.internal:5001'.split(' '),
  ];
  const page = (name: string, line: string) => ({
    name,
    bytes: withBody(target, write.body, ['Content-Type: application/json', line]),
    statuses: [403],
  });
  return [
    ...foreign.map((host) => ({ name: `the host ${host.slice(0, 40)}`, bytes: get(checked, host), statuses: [403] })),
    ...ours.map((host) => ({ name: `the host ${host}, which is ours`, bytes: get(read, host), statuses: [200] })),
    ...['/health/live', '/health/live?x=1'].map((path) => ({
      name: `a foreign host for ${path}`,
      bytes: get(path, 'evil.example'),
      statuses: [200],
    })),
    {
      name: 'a foreign host in the address',
      bytes: get(`http://evil.example${checked}`, 'localhost'),
      statuses: [403],
    },
    page('a write of a page of another site', 'Origin: https://evil.example'),
    page('a write of a page without an origin', 'Origin: null'),
    page('a write that the browser calls cross-site', 'Sec-Fetch-Site: cross-site'),
    page('a write that the browser calls same-site', 'Sec-Fetch-Site: same-site'),
  ];
}

function bodies(target: HostileTarget): HostileRequest[] {
  const open = (text: string, times: number) => text.repeat(times);
  const refused: [string, string][] = [
    ['half an object', '{"a":'],
    ['NUL', '\0'],
    ['a NUL in a text', '{"a":"\0"}'],
    ['not UTF-8', '{"a":"\xff\xfe"}'],
    ['UTF-8 that is too long', '{"a":"\xc0\xaf"}'],
    ['half a surrogate pair in UTF-8', '{"a":"\xed\xa0\x80"}'],
    ['UTF-16', '\xff\xfe{\0}\0'],
    ['UTF-32', '\0\0\0{\0\0\0}'],
    ['gzip that nobody announced', '\x1f\x8b\x08\0\0\0\0\0'],
    ['a form', 'a=1&b=2'],
    ['XML', '<?xml version="1.0"?><!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>'],
    ['a number', '7'],
    ['text', '"x"'],
    ['null', 'null'],
    ['NaN', '{"a":NaN}'],
    ['two objects', '{}{}'],
    ['a comment', '{/* */}'],
    ['1,000 levels of lists', open('[', 1_000)],
    ['1,000 whole levels of lists', open('[', 1_000) + open(']', 1_000)],
    ['500 levels of objects', `${open('{"a":', 500)}1${open('}', 500)}`],
    ['an escape that is none', '{"a":"\\x"}'],
    ['a backslash at the end', '{"a":"\\'],
    ['a __proto__ of its own', '{"__proto__":{"polluted":true}}'],
    ['a constructor of its own', '{"constructor":{"prototype":{"polluted":true}}}'],
    ['names that every object has', '{"toString":1,"valueOf":2,"hasOwnProperty":3,"toJSON":4}'],
    ['a list', '[]'],
    ['a list of lists', '[[[[]]],{}]'],
    ['a number beyond every double', `{"a":1e999,"b":-1e999,"c":${'9'.repeat(900)}}`],
    ['an empty name', '{"":{"":{"":""}}}'],
    ['half a surrogate pair, escaped', '{"\\ud800":"\\udfff"}'],
  ];
  return refused.map(([name, body]) => ({
    name: `a body that is ${name}`,
    bytes: withBody(target, body),
    statuses: [400, 413],
  }));
}

function nonsense(): HostileRequest[] {
  const hello = Buffer.from('16030100c8010000c40303', 'hex'); // how TLS begins
  return [
    { name: 'TLS', bytes: Buffer.concat([hello, Buffer.alloc(200, 7)]), statuses: [400] },
    { name: 'HTTP/2', bytes: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', statuses: [400, 505], end: true },
    { name: 'HTTP/0.9', bytes: 'GET /\r\n\r\n', statuses: [200, 400, 404] },
    { name: 'HTTP/9.9', bytes: 'GET / HTTP/9.9\r\nHost: x\r\n\r\n', statuses: [400, 505] },
    { name: 'no host', bytes: 'GET /health HTTP/1.1\r\nConnection: close\r\n\r\n', statuses: [400] },
    {
      name: 'random bytes',
      bytes: Buffer.from(Array.from({ length: 4_096 }, (_, i) => (i * 167 + 13) % 256)),
      statuses: [400],
    },
    { name: 'nothing at all', bytes: '', statuses: [], end: true },
    { name: 'line breaks', bytes: '\r\n'.repeat(100), statuses: [], end: true },
    { name: 'half a header, then nobody', bytes: 'GET /health HTTP/1.1\r\nHos', statuses: [400], end: true },
    {
      name: '200 requests at once on one connection',
      bytes: 'GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(200),
      statuses: [404],
    },
  ];
}

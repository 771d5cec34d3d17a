import { createServer } from 'node:http';
import pg from 'pg';

/** Often enough to see the end. To be asked as often over HTTP made graphile-worker a quarter slower. */
const tellEveryMs = 20;

/**
 * One process of a job queue, led over HTTP: `/fill?jobs=N` empties the queue and fills it, `/go` and `/stop` start and stop
 * its worker, `/left` is the number of jobs not finished in the database. `/handled` streams lines, each the number of jobs
 * handled since `/go`.
 * @param {{
 *   fill(database: pg.Client, jobs: number): Promise<unknown>,
 *   left: string,
 *   start(handled: (jobs: number) => void): Promise<() => Promise<unknown>>,
 * }} queue `left` is a query for one number
 */
export async function serveReplica(queue) {
  const database = new pg.Client({ connectionString: process.env.DATABASE_URL });
  await database.connect();
  let handled = 0;
  let stop;
  const answers = {
    '/fill': (search) => queue.fill(database, Number(search.get('jobs'))),
    '/go': async () => {
      handled = 0;
      stop = await queue.start((jobs) => {
        handled += jobs;
      });
    },
    '/stop': () => stop(),
    '/left': async () => Object.values((await database.query(queue.left)).rows[0])[0],
  };
  const tell = (response) => {
    let told = 0;
    response.flushHeaders();
    const timer = setInterval(() => {
      if (handled !== told) response.write(`${handled}\n`);
      told = handled;
    }, tellEveryMs);
    response.on('close', () => clearInterval(timer));
  };
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://replica');
    if (pathname === '/handled') return tell(response);
    try {
      response.end(JSON.stringify((await answers[pathname](searchParams)) ?? null));
    } catch (error) {
      response.writeHead(500).end(String(error.stack));
    }
  });
  server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })));
}

// Takes webhook payloads with node:http: JSON.parse, one write and one fdatasync for each, and nothing else. No validation, no
// duplicates, no decisions, no metrics. The file begins anew at 64 MiB, when the bot archives its own.
import { open } from 'node:fs/promises';
import { createServer } from 'node:http';

const file = await open(process.env.REFERENCE_LOG, 'w');
const maxBytes = 64 * 1024 * 1024;
let end = 0;

async function record(bytes) {
  if (end > maxBytes) {
    end = 0;
    await file.truncate(0);
  }
  const position = end;
  end += bytes.length;
  await file.write(bytes, 0, bytes.length, position);
  await file.datasync();
}

const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', async () => {
    const bytes = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
    const { alerts } = JSON.parse(bytes.toString());
    await record(bytes);
    const answer = JSON.stringify({ accepted: alerts.length });
    response.writeHead(202, { 'content-type': 'application/json', 'content-length': answer.length });
    response.end(answer);
  });
});
server.listen(Number(process.env.PORT), process.env.HOST, () =>
  console.log(JSON.stringify({ msg: 'listening', port: server.address().port })),
);

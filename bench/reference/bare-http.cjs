// The least that a Node server can be: no framework, no bundle, and CommonJS, because an ESM import of node:http takes 20 ms more.
const { createServer } = require('node:http');

const server = createServer((_request, response) => response.end('ok'));
server.listen(Number(process.env.PORT), process.env.HOST, () => {
  console.log(JSON.stringify({ port: server.address().port, msg: 'listening' }));
});

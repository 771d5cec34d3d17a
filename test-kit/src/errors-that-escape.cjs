// Loaded before a bundle (`node --require`): a request whose header `x-escape` says where throws an error there, where no handler can catch it.
// It stands for a bug: in a stream's event, in a timer, in a promise that nobody awaits. SIGUSR2 throws one outside of every request.
const { IncomingMessage } = require('node:http');

const { emit } = IncomingMessage.prototype;
const fail = () => {
  throw new Error('a bug that no handler catches');
};

IncomingMessage.prototype.emit = function emitOrFail(event, ...rest) {
  const where = this.headers['x-escape'];
  const isBody = event === 'data' || event === 'end' || event === 'close';
  if (where === undefined || !isBody) return emit.call(this, event, ...rest);
  if (event !== 'data') return where === 'late' ? emit.call(this, event, ...rest) : true;
  if (where === 'event') fail();
  if (where === 'timer') setTimeout(fail);
  if (where === 'promise') Promise.reject(new Error('a bug that no handler catches'));
  if (where === 'late') this.res.once('close', () => setImmediate(fail)); // it is answered by then
  return where === 'late' ? emit.call(this, event, ...rest) : true; // the others never get their body
};
process.on('SIGUSR2', fail);

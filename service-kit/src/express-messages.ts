import { IncomingMessage, type RequestListener, type ServerOptions, ServerResponse } from 'node:http';

interface ExpressPrototypes {
  request: IncomingMessage;
  response: ServerResponse;
}

const isExpress = (app: object): app is ExpressPrototypes => 'request' in app && 'response' in app;

/**
 * Express gives each request and each response the app's own prototype. Changing the prototype of a live object throws away
 * what V8 knows about it, on every request. Messages that the server makes with that prototype to begin with have nothing
 * to change: the same behaviour at less CPU, most of all on Node 20. For `http.createServer`; nothing for other listeners.
 */
export function expressMessages(app: RequestListener): Pick<ServerOptions, 'IncomingMessage' | 'ServerResponse'> {
  if (!isExpress(app)) return {};
  class AppRequest extends IncomingMessage {}
  class AppResponse extends ServerResponse {}
  Object.setPrototypeOf(AppRequest.prototype, app.request);
  Object.setPrototypeOf(AppResponse.prototype, app.response);
  app.request = AppRequest.prototype;
  app.response = AppResponse.prototype;
  return { IncomingMessage: AppRequest, ServerResponse: AppResponse as typeof ServerResponse };
}

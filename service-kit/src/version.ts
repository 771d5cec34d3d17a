declare const __SERVICE_VERSION__: string | undefined;

/** The service's version: the bundler writes it in; from sources it is a development build. */
export const serviceVersion = typeof __SERVICE_VERSION__ === 'string' ? __SERVICE_VERSION__ : '0.0.0-dev';

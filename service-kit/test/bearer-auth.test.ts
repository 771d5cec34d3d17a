import express from 'express';
import request from 'supertest';
import { expect, it } from 'vitest';
import { requireBearer } from '../src/bearer-auth.ts';
import { createLogger } from '../src/logger.ts';
import { commonProblems, problemHandler } from '../src/problems.ts';

function appWith(token: string | undefined) {
  const logger = createLogger({ service: 'test', level: 'silent' });
  return express()
    .use(requireBearer(token))
    .get('/', (_req, res) => void res.end('in'))
    .use(problemHandler({ catalogue: commonProblems, logger }));
}

const ask = (token: string | undefined, header?: string) => {
  const asked = request(appWith(token)).get('/');
  return header === undefined ? asked : asked.set('authorization', header);
};

it.each([
  ['nothing', undefined],
  ['an empty header', ''],
  ['an empty token', 'Bearer '],
  ['a wrong token', 'Bearer wrong-token'],
  ['a prefix of the token', 'Bearer right-toke'],
  ['the token and more', 'Bearer right-token2'],
  ['another scheme', 'Basic right-token'],
  ['two tokens', 'Bearer right-token right-token'],
])('%s is refused with 401 and the challenge', async (_name, header) => {
  const response = await ask('right-token', header);
  expect([response.status, response.body.code]).toEqual([401, 'unauthorized']);
  expect(response.headers['www-authenticate']).toBe('Bearer realm="alert-bot"');
});

it('the right token passes, whatever the case of the scheme', async () => {
  expect((await ask('right-token', 'Bearer right-token')).text).toBe('in');
  expect((await ask('right-token', 'bearer right-token')).text).toBe('in');
});

it('without a configured token everything passes', async () => {
  expect((await ask(undefined)).text).toBe('in');
});

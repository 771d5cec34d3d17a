import { describe, expect, it } from 'vitest';
import type { HostileRequest } from './hostile-requests.ts';
import { sendRaw } from './send-raw.ts';
import type { SpawnedService } from './spawn-service.ts';

/** One test for each request: it is answered as it should, never with a 5xx, and the process lives and answers afterwards. */
export function survivesHostileRequests(requests: readonly HostileRequest[], service: () => SpawnedService): void {
  describe('an enemy sends', () => {
    it.each(requests)('$name', async ({ bytes, statuses, end }) => {
      const { port, url, pid } = service();
      const answer = await sendRaw(port, bytes, end ? { end } : {});
      const mayStaySilent = statuses.length === 0 || end; // nobody is there to be answered
      if (answer || !mayStaySilent) expect(statuses, answer?.text.slice(0, 500)).toContain(answer?.status);
      if (answer && /content-type/i.test(answer.text))
        expect(answer.text).toMatch(/\r\nx-content-type-options: nosniff\r\n/i);
      expect(() => process.kill(pid, 0)).not.toThrow();
      expect((await fetch(`${url}/health/live`)).status).toBe(200);
    });

    it('and no request was logged as an error of ours', () => {
      const errors = service().logs.filter(({ level }) => level === 'error' || level === 'fatal');
      expect(errors.filter(({ level, reqId }) => level === 'fatal' || reqId !== undefined)).toEqual([]);
    });
  });
}

import type { RequestHandler, Response } from 'express';

const strict = "default-src 'none'; frame-ancestors 'none'";

/**
 * On every answer, also on refusals: what it says it is, it is; no page of another site may read it, frame it or run it as its own. A page with a
 * style sets its own policy (`sendPage`). Two headers more would be nothing more for JSON, and each costs on every request.
 */
export const securityHeaders: RequestHandler = (_req, res, next) => {
  res.setHeader('x-content-type-options', 'nosniff');
  res.setHeader('content-security-policy', strict);
  res.setHeader('cross-origin-resource-policy', 'same-origin');
  next();
};

/** A whole HTML page with nothing but one style in it, which is named by its hash: no script, no frame, no form, no request. */
export interface Page {
  html: string;
  policy: string;
}

/** @returns the page with the policy that lets its own `<style>` through and nothing else */
export async function createPage(html: string): Promise<Page> {
  const { createHash } = await import('node:crypto'); // 4 ms of a start
  const styles = [...html.matchAll(/<style>([\s\S]*?)<\/style>/g)].map(([, style = '']) => style);
  const hashes = styles.map((style) => `'sha256-${createHash('sha256').update(style).digest('base64')}'`);
  const policy = `default-src 'none'; style-src ${hashes.join(' ') || "'none'"}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
  return { html, policy };
}

export function sendPage(res: Response, { html, policy }: Page): void {
  res.setHeader('content-type', 'text/html; charset=utf-8');
  res.setHeader('content-security-policy', policy);
  res.setHeader('referrer-policy', 'no-referrer');
  res.end(html);
}

import type { Request } from 'express';

/** A parameter of a flat path is always one string. */
export const param = (req: Request, name: string): string => String(req.params[name]);

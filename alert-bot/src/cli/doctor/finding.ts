/** What a check is about; the first word of its line. */
export type CheckName =
  | 'configuration'
  | 'engine'
  | 'projects'
  | 'labels'
  | 'runbooks'
  | 'prometheus'
  | 'alertmanager'
  | 'log'
  | 'bots';

/**
 * One line of the doctor. `problem`: the bot cannot do its work; `warning`: it works, and a person should know this; `ok`: looked at and
 * good; `skipped`: not looked at, and why.
 */
export interface Finding {
  check: CheckName;
  level: 'ok' | 'warning' | 'problem' | 'skipped';
  /** What is so. */
  text: string;
  /** The one thing to change. */
  remedy?: string;
}

export const ok = (check: CheckName, text: string): Finding => ({ check, level: 'ok', text });
export const skipped = (check: CheckName, text: string): Finding => ({ check, level: 'skipped', text });
export const problem = (check: CheckName, text: string, remedy: string): Finding => ({
  check,
  level: 'problem',
  text,
  remedy,
});
export const warning = (check: CheckName, text: string, remedy: string): Finding => ({
  check,
  level: 'warning',
  text,
  remedy,
});

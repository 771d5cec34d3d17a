import { wholeLabelOf } from '../alerts/label-of.ts';
import { isProjectName, isServiceName, normalTarget, parseTarget, plainProject } from './target-name.ts';

// What a runbook says that it acts on: a target's text, in which a whole segment may be the name of a label in braces.

type Labels = Readonly<Record<string, string>>;

const labelSegment = /^\{([A-Za-z_][\w.-]{0,199})\}$/;

/** The label that a segment takes its value from; undefined for a plain word. */
const labelIn = (segment: string): string | undefined => labelSegment.exec(segment)?.[1];

interface Segments {
  /** Undefined for the home project. */
  project: string | undefined;
  service: string;
}

function split(template: string): Segments | undefined {
  const [first = '', second, ...more] = template.split('/');
  if (more.length > 0) return undefined;
  return second === undefined ? { project: undefined, service: first } : { project: first, service: second };
}

/** Why `template` cannot be used, or undefined. */
export function templateProblem(template: string): string | undefined {
  const segments = split(template);
  const isGood = (segment: string, isName: (name: string) => boolean) =>
    labelIn(segment) !== undefined || isName(segment);
  if (segments && isGood(segments.project ?? plainProject, isProjectName) && isGood(segments.service, isServiceName))
    return undefined;
  const braces = template.includes('{') ? '; a label name in braces stands for a whole segment' : '';
  return `must be SERVICE, PROJECT/SERVICE or -/CONTAINER, such as api, shop/web or '{project}/{service}'${braces}`;
}

/** Whether the alert says what is acted on. */
export const isTemplate = (template: string): boolean => template.includes('{');

export type Resolved = { target: string } | { problem: string };

/** The target that a runbook means for an alert with these labels. */
export function resolveTarget(template: string, labels: Labels, home: string | undefined): Resolved {
  if (!isTemplate(template)) return { target: normalTarget(template, home) };
  const { project, service } = split(template) as Segments;
  const first = project === undefined ? undefined : readSegment(project, 'project', labels);
  const second = readSegment(service, 'service', labels);
  if (first && 'problem' in first) return first;
  if ('problem' in second) return second;
  return { target: normalTarget(first ? `${first.word}/${second.word}` : second.word, home) };
}

function readSegment(
  segment: string,
  kind: 'project' | 'service',
  labels: Labels,
): { word: string } | { problem: string } {
  const label = labelIn(segment);
  if (label === undefined) return { word: segment };
  const word = wholeLabelOf(labels, label); // a value that was cut may be the beginning of another name
  if (!word) return { problem: `the alert has no label "${label}", which the runbook takes the ${kind} from` };
  const isName = kind === 'project' ? isProjectName : isServiceName;
  if (isName(word)) return { word };
  return {
    problem: `the label "${label}" is ${JSON.stringify(word.slice(0, 100))}, which is not the name of a ${kind}`,
  };
}

/** Whether some alert could make the runbook act on this target. */
export function mayMean(template: string, text: string, home: string | undefined): boolean {
  if (!isTemplate(template)) return normalTarget(template, home) === text;
  const segments = split(template);
  const target = parseTarget(text, home);
  if (!segments || !target) return false;
  const fits = (segment: string, name: string) => labelIn(segment) !== undefined || segment === name;
  return fits(segments.project ?? home ?? '', target.project) && fits(segments.service, target.service);
}

/** The text of the target that a runbook names itself; undefined when the alert names it. */
export const fixedText = (template: string, home: string | undefined): string | undefined =>
  isTemplate(template) ? undefined : normalTarget(template, home);

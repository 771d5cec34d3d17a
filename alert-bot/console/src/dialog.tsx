import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { describeError } from './api.ts';

interface DialogProps {
  title: string;
  children: ComponentChildren;
  onClose: () => void;
}

/** The browser's own modal dialog: it keeps the focus, and Escape closes it. */
export function Dialog({ title, children, onClose }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    ref.current?.showModal();
    return () => before?.focus?.();
  }, []);
  return (
    <dialog ref={ref} aria-labelledby={id} onClose={onClose} onCancel={onClose}>
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  );
}

interface CommandProps {
  /** On the button. */
  label: string;
  /** What it does, as a sentence. */
  explanation: string;
  /** Sends it; resolves to the bot's answer in words. */
  send: (form: FormData) => Promise<string>;
  fields?: ComponentChildren;
  tone?: 'primary' | 'danger' | 'plain';
  confirm?: string;
}

/** A button that says what it will do, asks once, and shows the answer. */
export function Command(props: CommandProps) {
  const { label, tone = 'plain', explanation } = props;
  return (
    <button type="button" class={tone} title={explanation} onClick={() => ask(props)}>
      {label}
    </button>
  );
}

let ask: (command: CommandProps) => void = () => undefined;

/**
 * Where the command that was asked for is shown. It stands beside the views, because a button goes away as soon as its command has
 * worked, and the answer must not go with it.
 */
export function CommandHost() {
  const [asked, setAsked] = useState<CommandProps>();
  ask = setAsked;
  return asked ? <CommandDialog {...asked} onClose={() => setAsked(undefined)} /> : null;
}

type Answer =
  | { state: 'asked' }
  | { state: 'sending' }
  | { state: 'done'; text: string }
  | { state: 'refused'; text: string };

function CommandDialog({
  label,
  explanation,
  send,
  fields,
  tone = 'plain',
  confirm = label,
  onClose,
}: CommandProps & { onClose: () => void }) {
  const [answer, setAnswer] = useState<Answer>({ state: 'asked' });
  const close = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (answer.state === 'done') close.current?.focus();
  }, [answer.state]);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (answer.state === 'sending') return;
    setAnswer({ state: 'sending' });
    send(new FormData(event.currentTarget as HTMLFormElement)).then(
      (text) => setAnswer({ state: 'done', text }),
      (error: unknown) => setAnswer({ state: 'refused', text: describeError(error) }),
    );
  };
  const isDone = answer.state === 'done';
  return (
    <Dialog title={label} onClose={onClose}>
      <form onSubmit={submit as never}>
        <p>{explanation}</p>
        {!isDone && fields}
        <div role="status" class={`answer-line ${answer.state}`}>
          {answer.state === 'sending' && 'Sending…'}
          {(answer.state === 'done' || answer.state === 'refused') && answer.text}
        </div>
        <div class="buttons">
          {!isDone && (
            <button type="submit" class={tone === 'plain' ? 'primary' : tone} disabled={answer.state === 'sending'}>
              {confirm}
            </button>
          )}
          <button type="button" ref={close} onClick={onClose}>
            {isDone ? 'Close' : 'Cancel'}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

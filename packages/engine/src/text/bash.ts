import { redact } from './redact';

/** Rights on a service of AWS, or those of `kubectl` in a namespace; without one, in the whole cluster. */
export type Right = { aws: string } | { namespace?: string };

/** Commands for people to copy. */
export interface Command {
  /** As bash reads it. */
  text: string;
  needs: readonly Right[];
  /** What the source of the object says too, so that the source undoes the change. */
  edits: readonly { kind: string; name: string }[];
  /** The workload whose pods it replaces: which command does that depends on the workload as it is. */
  replaces?: {
    kind: string;
    name: string;
    namespace: string;
    pods: readonly { name: string }[];
  };
  /** Something in it was taken for a secret and left out, so that it would not do what it says. */
  isRedacted?: true;
}

/** Text that bash reads as one word without quotes. */
const PLAIN = /^[\w./:=@%+,-]+$/;

function word(value: string): string {
  const text = redact(value);
  return PLAIN.test(text) ? text : `'${text.replace(/'/g, `'\\''`)}'`;
}

type Piece = string | Command;
type Pieces = readonly (Piece | readonly Piece[])[];

const textOf = (piece: Piece) =>
  typeof piece === 'string' ? word(piece) : piece.text;

const joined = (
  commands: readonly Command[],
  text: string,
  isRedacted = false,
): Command => ({
  text,
  needs: commands.flatMap(({ needs }) => needs),
  edits: commands.flatMap(({ edits }) => edits),
  ...(isRedacted || commands.some(one => one.isRedacted)
    ? { isRedacted: true }
    : {}),
});

/**
 * A piece of bash around values, commands, and lists of them. Quotes every value: others choose names in clusters and in AWS,
 * and the person who pastes the command may have more rights than they do.
 */
export function bash(parts: TemplateStringsArray, ...values: Pieces): Command {
  const pieces = values.flat();
  return joined(
    pieces.filter((piece): piece is Command => typeof piece !== 'string'),
    parts.reduce(
      (text, part, index) =>
        text + [values[index - 1]].flat().map(textOf).join(' ') + part,
    ),
    pieces.some(piece => typeof piece === 'string' && redact(piece) !== piece),
  );
}

/** What to do, in sentences, with the commands for it. */
export const instructions = (
  advice: string,
  commands: readonly Command[],
): string =>
  commands.length
    ? `${advice} Run: ${commands.map(({ text }) => text).join('; ')}`
    : advice;

/** Several commands as one, with an empty line between them; none of none. */
export const apart = (commands: readonly Command[]): Command[] =>
  commands.length
    ? [joined(commands, commands.map(({ text }) => text).join('\n\n'))]
    : [];

/** A command of the AWS CLI. The template begins with service and operation. */
export function aws(parts: TemplateStringsArray, ...values: Pieces): Command {
  const command = bash(parts, ...values);
  const [service, operation] = parts[0].split(' ');
  const reads = /^(describe|get|list)-/.test(operation);
  return {
    ...command,
    text: `aws ${command.text}`,
    needs: [
      ...(reads ? [] : [{ aws: service.toUpperCase() }]),
      ...command.needs,
    ],
  };
}

/** Verbs that only look. */
const READS = ['get', 'describe', 'logs', 'wait', 'rollout status'];
/** Verbs that change what the source of the object says too. */
const EDITS = ['annotate', 'patch', 'set env', 'set serviceaccount'];
/** Verbs that take their object as `deployment/api`. */
const SLASHED = [
  'rollout restart',
  'rollout resume',
  'rollout status',
  'rollout undo',
  'set env',
];

/** A command of kubectl: what it does, to what, and what follows. */
export const kubectl =
  (
    verb: string,
    target: { kind?: string; name?: string; namespace?: string },
  ) =>
  (parts: TemplateStringsArray, ...values: Pieces): Command => {
    const { kind, name, namespace } = target;
    const rest = bash(parts, ...values);
    const object = [kind?.toLowerCase() ?? [], name ?? []].flat().map(word);
    return {
      text: [
        namespace === undefined ? 'kubectl' : `kubectl -n ${word(namespace)}`,
        verb,
        object.join(SLASHED.includes(verb) ? '/' : ' '),
        rest.text,
      ]
        .filter(Boolean)
        .join(' '),
      needs: [...(READS.includes(verb) ? [] : [{ namespace }]), ...rest.needs],
      edits: EDITS.includes(verb) && kind && name ? [{ kind, name }] : [],
      ...(rest.isRedacted ||
      [namespace, kind, name].some(one => one && redact(one) !== one)
        ? { isRedacted: true }
        : {}),
    };
  };

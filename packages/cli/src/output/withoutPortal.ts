import type { Io, Output } from '../io';

/** The most particular first; what a sentence begins with stays a capital letter. */
const WORDS: [RegExp, string][] = [
  [
    /Add the account to aws\.accounts in app-config with a roleName or keys, or run the portal under an identity of that account\./g,
    'Use credentials of that account.',
  ],
  [/the portal's host/gi, 'this machine'],
  [/the role of the portal/gi, 'your role'],
  [/the portal's/gi, 'your'],
  [/the portal/gi, 'this program'],
];

/** Sentences of the engine, which speak of the portal that it belongs to, where the caller stands in its place. */
export function withoutPortal(text: string): string {
  return WORDS.reduce(
    (said, [pattern, words]) =>
      said.replace(pattern, found =>
        /^[A-Z]/.test(found) ? words[0].toUpperCase() + words.slice(1) : words,
      ),
    text,
  );
}

/** The same for all that the program writes to its streams; files that others judge stay as they are. */
export function ioWithoutPortal(io: Io): Io {
  const through = (output: Output): Output => ({
    write: text => output.write(withoutPortal(text)),
    hasColors: () => output.hasColors?.() ?? false,
  });
  return { ...io, stdout: through(io.stdout), stderr: through(io.stderr) };
}

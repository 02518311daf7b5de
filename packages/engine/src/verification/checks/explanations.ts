import explanations from './explanations.generated.json';

/** Text of docs/checks.md below each check's question, in Markdown; a test keeps the two equal. @public */
export const EXPLANATIONS: Readonly<Record<string, string | undefined>> =
  explanations;

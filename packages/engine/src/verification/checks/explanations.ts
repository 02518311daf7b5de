import explanations from './explanations.generated.json';

/** What docs/checks.md says about each check below its question, in Markdown; a test holds the two together. */
export const EXPLANATIONS: Readonly<Record<string, string | undefined>> =
  explanations;

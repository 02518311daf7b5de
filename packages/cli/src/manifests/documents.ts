import type { Document, LineCounter, Node } from 'yaml';
import type { ManifestPath } from 'eks-pod-identity-engine';
import { CliError } from '../exitCodes';
import { libraries } from '../libraries';
import { type ManifestFile, manifestFiles } from './files';

/** An object of a manifest, and where it stands. */
export interface ManifestDocument {
  /** As `--manifests` names it. */
  file: string;
  /** As JSON. */
  value: unknown;
  /** The line of a place in it, from 1: of a key, or of an item of a list. What is not there has that of what it would be in. */
  lineOf(path: ManifestPath): number;
}

/** Documents, and what was not read of the files, in sentences. */
export interface Manifests {
  documents: ManifestDocument[];
  unread: string[];
}

/** What Helm and other programs fill in: it stands where YAML has no braces. */
const TEMPLATED = /\{\{/;

function linesOf(document: Document, counter: LineCounter) {
  const { isAlias, isMap, isSeq, isScalar } = libraries.yaml;
  return (path: ManifestPath): number => {
    let node: unknown = document.contents;
    let offset = (node as Node | null)?.range?.[0] ?? 0;
    for (const key of path) {
      if (isAlias(node)) node = node.resolve(document);
      if (isMap(node)) {
        // Of a key that is there twice, the last counts.
        const pair = node.items.findLast(
          one => isScalar(one.key) && one.key.value === key,
        );
        if (!pair) break;
        offset = (pair.key as Node).range?.[0] ?? offset;
        node = pair.value;
      } else if (isSeq(node) && typeof key === 'number') {
        const item = node.items[key] as Node | undefined;
        if (!item) break;
        offset = item.range?.[0] ?? offset;
        node = item;
      } else break;
    }
    return counter.linePos(offset).line;
  };
}

/** The documents of a file, those of lists included; a sentence where it is no YAML. */
function documentsOf({
  path,
  text,
}: ManifestFile): ManifestDocument[] | string {
  const { LineCounter: Counter, parseAllDocuments } = libraries.yaml;
  const lineCounter = new Counter();
  const options = {
    lineCounter,
    merge: true,
    prettyErrors: false,
    // Its warnings quote the file, which may hold secrets.
    logLevel: 'error',
    // To find a key that is there twice, it compares each with each other: 40,000 of them take over 20 s.
    uniqueKeys: false,
  } as const;
  const parsed = [...parseAllDocuments(text, options)];
  const wrong = parsed.flatMap(({ errors }) => errors)[0];
  if (wrong) {
    const { line } = lineCounter.linePos(wrong.pos[0]);
    return TEMPLATED.test(text)
      ? `${path} is a template (it has "{{"), which is not read: name what "helm template" makes of it.`
      : // Its message quotes the file, which may hold secrets.
        `${path} is not YAML: line ${line} has an error (${wrong.code}).`;
  }
  try {
    return parsed.flatMap(document => {
      const value: any = document.toJS();
      const lineOf = linesOf(document as Document, lineCounter);
      if (value?.kind !== 'List' || !Array.isArray(value.items)) {
        return [{ file: path, value, lineOf }];
      }
      return value.items.map((item: unknown, index: number) => ({
        file: path,
        value: item,
        lineOf: (inside: ManifestPath) => lineOf(['items', index, ...inside]),
      }));
    });
  } catch {
    // The error quotes the file here too.
    return `${path} cannot be read as YAML: an alias names nothing, or aliases would make it too large.`;
  }
}

/**
 * Reads the manifests that `--manifests` names.
 *
 * @throws CliError where one that was named itself cannot be read; of a folder, that is in `unread`
 */
export function readManifests(paths: readonly string[]): Manifests {
  const { files, unread } = manifestFiles(paths);
  const manifests: Manifests = { documents: [], unread };
  for (const file of files) {
    const found = documentsOf(file);
    if (typeof found !== 'string') {
      manifests.documents.push(...found);
    } else if (paths.includes(file.path)) {
      throw new CliError(`--manifests ${found}`);
    } else {
      manifests.unread.push(found);
    }
  }
  return manifests;
}

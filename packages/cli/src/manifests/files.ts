import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { CliError } from '../exitCodes';

/** A text file that was named, or is in a folder that was. */
export interface ManifestFile {
  /** As it was named, or below the folder as that was named. */
  path: string;
  text: string;
}

/** Longest file that is read, in bytes: a Kubernetes object has at most 1.5 MB. */
const LONGEST = 4 * 1024 * 1024;
/** Files of all folders together. */
const MOST = 5_000;

const MANIFEST = /\.(ya?ml|json)$/i;
/** Folders of tools, and of packages of others. */
const ELSEWHERE = /^(\..*|node_modules)$/;

/** Opens the file itself, never what a symbolic link names. */
function read(path: string): Buffer | undefined {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const stat = fstatSync(file);
    if (!stat.isFile() || stat.size > LONGEST) return undefined;
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

const isBinary = (bytes: Buffer) => bytes.includes(0);

function filesBelow(folder: string, named: string, found: string[]): void {
  const entries = readdirSync(folder, { withFileTypes: true });
  entries.sort((one, other) => (one.name < other.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(folder, entry.name);
    // An entry that is a symbolic link is neither of both.
    if (entry.isDirectory() && !ELSEWHERE.test(entry.name)) {
      filesBelow(path, named, found);
    } else if (entry.isFile() && MANIFEST.test(entry.name)) {
      if (found.length === MOST) {
        throw new CliError(
          `--manifests ${named} and what is named beside it hold more than ${MOST} files: name less.`,
        );
      }
      found.push(path);
    }
  }
}

/**
 * Reads the files that were named, and the YAML and JSON files of the folders that were. Symbolic links, binary files and
 * files of more than 4 MB are left alone in folders; folders such as `.git` and `node_modules` are too.
 *
 * @throws CliError where a path that was named is not there, or is left alone in a folder
 */
export function manifestFiles(paths: readonly string[]): ManifestFile[] {
  const found: string[] = [];
  const files: ManifestFile[] = [];
  for (const path of new Set(paths)) {
    try {
      const stat = lstatSync(path);
      if (stat.isSymbolicLink()) {
        throw new CliError(
          `--manifests ${path} is a symbolic link, which is not followed: name what it stands for.`,
        );
      }
      if (stat.isDirectory()) {
        filesBelow(path, path, found);
      } else {
        const bytes = read(path);
        if (!bytes || isBinary(bytes)) {
          throw new CliError(
            `--manifests ${path} is no text file of at most 4 MB.`,
          );
        }
        files.push({ path, text: bytes.toString('utf8') });
      }
    } catch (error) {
      if (error instanceof CliError) throw error;
      throw new CliError(
        `--manifests ${path} cannot be read: ${(error as Error).message}`,
      );
    }
  }
  const isNamed = new Set(files.map(({ path }) => path));
  for (const path of found) {
    const bytes = isNamed.has(path) ? undefined : read(path);
    if (bytes && !isBinary(bytes)) {
      files.push({ path, text: bytes.toString('utf8') });
    }
  }
  return files;
}

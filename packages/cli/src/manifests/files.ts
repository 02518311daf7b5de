import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
} from 'node:fs';
import { join, parse } from 'node:path';
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
/** Bytes of all files together. */
const MOST_BYTES = 64 * 1024 * 1024;
const TOO_MUCH = 'more than 64 MB together. Name less.';

const MANIFEST = /\.(ya?ml|json)$/i;
/** Folders of tools, and of packages of others. */
const ELSEWHERE = /^(\..*|node_modules)$/;

/** Opens the file itself, never what a symbolic link names; undefined where it is no text of at most 4 MB. */
function read(path: string): Buffer | undefined {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const stat = fstatSync(file);
    if (!stat.isFile() || stat.size > LONGEST) return undefined;
    const bytes = readFileSync(file);
    return bytes.includes(0) ? undefined : bytes;
  } finally {
    closeSync(file);
  }
}

/** By its code alone: the message of such an error has the path once more. */
const cannotBeRead = (path: string, error: unknown) =>
  `${path} cannot be read: ${(error as NodeJS.ErrnoException).code}.`;

/** Without a slash at its end, by which the system follows a symbolic link. */
function withoutSlash(path: string): string {
  const { dir, base } = parse(path);
  return path && join(dir, base);
}

function filesBelow(
  folder: string,
  named: string,
  found: string[],
  unread: string[],
): void {
  const entries = readdirSync(folder, { withFileTypes: true });
  entries.sort((one, other) => (one.name < other.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(folder, entry.name);
    // An entry that is a symbolic link is neither of both.
    if (entry.isDirectory() && !ELSEWHERE.test(entry.name)) {
      try {
        filesBelow(path, named, found, unread);
      } catch (error) {
        if (error instanceof CliError) throw error;
        unread.push(cannotBeRead(path, error));
      }
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
 * files of more than 4 MB are left alone in folders; folders such as `.git` and `node_modules` are too. What cannot be read
 * in a folder, or is beyond 64 MB of all files together, is in `unread`, in sentences.
 *
 * @throws CliError where a path that was named is not there, or is left alone in a folder
 */
export function manifestFiles(paths: readonly string[]): {
  files: ManifestFile[];
  unread: string[];
} {
  const found: string[] = [];
  const files: ManifestFile[] = [];
  const unread: string[] = [];
  let total = 0;
  for (const path of new Set(paths)) {
    try {
      const at = withoutSlash(path);
      const stat = lstatSync(at);
      if (stat.isSymbolicLink()) {
        throw new CliError(
          `--manifests ${path} is a symbolic link, which is not followed: name what it stands for.`,
        );
      }
      if (stat.isDirectory()) {
        filesBelow(at, path, found, unread);
      } else {
        const bytes = read(at);
        if (!bytes) {
          throw new CliError(
            `--manifests ${path} is no text file of at most 4 MB.`,
          );
        }
        total += bytes.length;
        if (total > MOST_BYTES) {
          throw new CliError(
            `--manifests ${path} and the files that are named before it have ${TOO_MUCH}`,
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
    if (isNamed.has(path)) continue;
    try {
      const bytes = read(path);
      total += bytes?.length ?? 0;
      if (total > MOST_BYTES) {
        unread.push(
          `${path} and what comes after it in the folders is not read: the manifests have ${TOO_MUCH}`,
        );
        break;
      }
      if (bytes) files.push({ path, text: bytes.toString('utf8') });
    } catch (error) {
      unread.push(cannotBeRead(path, error));
    }
  }
  return { files, unread };
}

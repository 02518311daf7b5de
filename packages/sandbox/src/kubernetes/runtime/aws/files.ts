import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { IFileSystem } from 'just-bash';
import { ReadOnlyError } from '../readonlyFs';
import { CliError, EXIT } from './cliError';

/** The files of a container, as `aws s3` sees them from its working directory. */
export class ContainerFiles {
  constructor(private readonly fs: IFileSystem, private readonly cwd: string) {}

  resolve(path: string): string {
    return this.fs.resolvePath(this.cwd, path);
  }

  relative(path: string): string {
    return posix.relative(this.cwd, this.resolve(path));
  }

  /** As the CLI prints it: relative, `./` before a bare name. */
  shown(path: string): string {
    const relative = this.relative(path);
    return relative.includes('/') ? relative : `./${relative}`;
  }

  async kindOf(path: string): Promise<'file' | 'directory' | undefined> {
    const stat = await this.fs.stat(this.resolve(path)).catch(() => undefined);
    if (!stat) {
      return undefined;
    }
    return stat.isDirectory ? 'directory' : 'file';
  }

  readText(path: string): Promise<string> {
    return this.fs.readFile(this.resolve(path));
  }

  read(path: string): Promise<Uint8Array> {
    return this.fs.readFileBuffer(this.resolve(path));
  }

  /** Paths of all files below a directory, relative to it. */
  async below(directory: string): Promise<string[]> {
    const names = (await this.fs.readdir(this.resolve(directory))).sort();
    const found = await Promise.all(
      names.map(async name => {
        const path = posix.join(directory, name);
        const kind = await this.kindOf(path);
        return kind === 'directory'
          ? (await this.below(path)).map(inner => `${name}/${inner}`)
          : [name];
      }),
    );
    return found.flat();
  }

  /** @throws CliError with Python's text when the file cannot be written */
  async write(path: string, content: Uint8Array): Promise<void> {
    const full = this.resolve(path);
    const directory = posix.dirname(full);
    try {
      if ((await this.kindOf(directory)) === undefined) {
        await this.fs.mkdir(directory, { recursive: true });
      }
      await this.fs.writeFile(full, content);
    } catch (error) {
      if (!(error instanceof ReadOnlyError)) {
        throw error;
      }
      // The CLI writes to a file beside the target, with a name of its own.
      const suffix = createHash('md5').update(full).digest('hex').slice(0, 8);
      throw new CliError(
        `[Errno 30] Read-only file system: '${full}.${suffix}'`,
        EXIT.general,
      );
    }
  }
}

import { IFileSystem } from 'just-bash';

const WRITES = new Set<string | symbol>([
  'writeFile',
  'appendFile',
  'mkdir',
  'rm',
  'cp',
  'mv',
  'chmod',
  'symlink',
  'link',
  'utimes',
]);

export class ReadOnlyError extends Error {
  constructor(readonly path: string) {
    super(`EROFS: read-only file system, open '${path}'`);
    this.name = 'ReadOnlyError';
  }
}

/** A read-only view of a file system, except for the given paths. */
export function readOnly(fs: IFileSystem, except: string[] = []): IFileSystem {
  return new Proxy(fs, {
    get(target, property) {
      const value = Reflect.get(target, property);
      if (typeof value !== 'function') {
        return value;
      }
      if (!WRITES.has(property)) {
        return value.bind(target);
      }
      return async (...args: unknown[]) => {
        const path = String(
          args[
            property === 'cp' || property === 'mv' || property === 'symlink'
              ? 1
              : 0
          ],
        );
        if (!except.includes(path)) {
          throw new ReadOnlyError(path);
        }
        return value.apply(target, args);
      };
    },
  });
}

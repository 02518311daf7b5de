import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CliError } from './exitCodes';
import { processIo } from './io';

describe('a file', () => {
  const { io, end } = processIo();
  const folder = mkdtempSync(join(tmpdir(), 'cli-io-'));
  afterAll(() => {
    end();
    rmSync(folder, { recursive: true });
  });

  it('is read whole, whatever its characters', () => {
    const path = join(folder, 'text');
    const text = `ä€${'𝄞'.repeat(100_000)}`;
    writeFileSync(path, text);
    expect(io.readFile(path)).toBe(text);
  });

  it.each(['/dev/zero', join(folder, 'long')])(
    'is not read past 16 MB: %s',
    path => {
      writeFileSync(join(folder, 'long'), Buffer.alloc(16 * 2 ** 20 + 1));
      expect(() => io.readFile(path)).toThrow('it is longer than 16 MB');
    },
  );
});

describe('a report', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cli-io-'));
  const elsewhere = join(folder, 'elsewhere');
  const { io, end } = processIo();
  beforeEach(() => {
    mkdirSync(join(folder, 'repository'), { recursive: true });
    mkdirSync(elsewhere);
    writeFileSync(join(elsewhere, 'report.xml'), 'kept');
    jest.spyOn(process, 'cwd').mockReturnValue(join(folder, 'repository'));
  });
  afterEach(() => {
    jest.restoreAllMocks();
    rmSync(join(folder, 'repository'), { recursive: true });
    rmSync(elsewhere, { recursive: true });
  });
  afterAll(() => {
    end();
    rmSync(folder, { recursive: true });
  });

  it('is written for its owner alone, over one that is there', () => {
    const path = join(folder, 'repository/report.xml');
    io.writeFile(path, 'a long one');
    io.writeFile('report.xml', 'short');
    expect(readFileSync(path, 'utf8')).toBe('short');
    expect((statSync(path).mode % 0o1000).toString(8)).toBe('600');
  });

  it.each([
    ['report.xml', '../elsewhere/report.xml', 'report.xml'],
    ['report.xml', '../elsewhere/new.xml', 'report.xml'],
    ['reports', '../elsewhere', 'reports/report.xml'],
    ['reports', '../elsewhere', './reports/new.xml'],
  ])('is not written through a symbolic link: %s -> %s', (link, to, path) => {
    const at = join(folder, 'repository', link);
    symlinkSync(to, at);
    expect(() => io.writeFile(path, 'text')).toThrow(
      `${path} is not written: ${at} is a symbolic link. Name the file that it stands for.`,
    );
    expect(readFileSync(join(elsewhere, 'report.xml'), 'utf8')).toBe('kept');
    expect(() => statSync(join(elsewhere, 'new.xml'))).toThrow('ENOENT');
  });

  it('is not written through a symbolic link elsewhere', () => {
    const at = join(elsewhere, 'link.xml');
    symlinkSync('report.xml', at);
    expect(() => io.writeFile(at, 'text')).toThrow(`${at} is a symbolic link.`);
    expect(readFileSync(join(elsewhere, 'report.xml'), 'utf8')).toBe('kept');
  });

  it.each([
    ['none/report.xml', 'there is no folder none'],
    ['report.xml/new.xml', 'not a directory'],
    ['.', 'illegal operation on a directory'],
    ...(process.platform === 'linux'
      ? [['/proc/none', 'no such file or directory']]
      : []),
  ])('is not written where it cannot be: %s', (path, why) => {
    writeFileSync(join(folder, 'repository/report.xml'), '');
    expect(() => io.writeFile(path, 'text')).toThrow(
      new CliError(`${path} is not written: ${why}.`),
    );
  });

  it('is written below a folder of the run that a symbolic link led to', () => {
    symlinkSync('elsewhere', join(folder, 'link'));
    io.writeFile(join(folder, 'link/new.xml'), 'text');
    expect(readFileSync(join(elsewhere, 'new.xml'), 'utf8')).toBe('text');
  });

  it('is written to what the system has below /dev', () => {
    const path = join(elsewhere, 'report.xml');
    const open = openSync(path, 'r+');
    try {
      // A link of the system's, as /dev/stdout is
      io.writeFile(`/dev/fd/${open}`, 'text');
    } finally {
      closeSync(open);
    }
    expect(readFileSync(path, 'utf8')).toBe('text');
  });
});

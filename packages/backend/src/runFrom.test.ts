import { resolve } from 'node:path';
import { runFrom } from './runFrom';

it('keeps the meaning of relative configuration arguments', () => {
  const before = process.cwd();
  const argv = [
    'node',
    'index.ts',
    '--config',
    '../../app-config.yaml',
    '--config',
    'https://example.com/app-config.yaml',
    'other',
  ];
  try {
    runFrom('/', argv);
    expect(process.cwd()).toBe('/');
    expect(argv).toEqual([
      'node',
      'index.ts',
      '--config',
      resolve(before, '../../app-config.yaml'),
      '--config',
      'https://example.com/app-config.yaml',
      'other',
    ]);
  } finally {
    process.chdir(before);
  }
});

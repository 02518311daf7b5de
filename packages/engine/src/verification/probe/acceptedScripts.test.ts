import { ACCEPTED_SCRIPTS, RECORDS, withScript } from './acceptedScripts';
import recorded from './scripts.generated.json';
import { PROBE_SCRIPT } from './script';

it('keeps the script of today and the one before it: run "yarn artefacts" where it was changed', () => {
  expect(recorded).toEqual(RECORDS);
  expect(recorded).toHaveLength(2);
  expect(ACCEPTED_SCRIPTS[1]).toBe(PROBE_SCRIPT);
});

describe('a change of the script', () => {
  const texts = (records: ReturnType<typeof withScript>) =>
    records.map(({ changedAfter, lines }) => `${changedAfter} ${lines}`);
  const first = withScript([], 'a', '0.1.0');

  it('keeps what was released, and not what came between', () => {
    const second = withScript(first, 'b', '0.2.0');
    const again = withScript(second, 'c', '0.2.0');
    expect(texts(second)).toEqual(['0.1.0 a', '0.2.0 b']);
    expect(texts(again)).toEqual(['0.1.0 a', '0.2.0 c']);
    expect(texts(withScript(again, 'd', '0.4.0'))).toEqual([
      '0.2.0 c',
      '0.4.0 d',
    ]);
  });

  it('is none where a version leaves it as it is', () => {
    expect(withScript(first, 'a', '0.2.0')).toEqual(first);
  });
});

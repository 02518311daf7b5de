import { asList, parsePolicyDocument } from './policyDocument';

describe('policy documents', () => {
  const document = { Version: '2012-10-17', Statement: [{ Effect: 'Allow' }] };

  it.each<[string, unknown]>([
    ['objects', document],
    ['JSON', JSON.stringify(document)],
    ['JSON after a space', ` ${JSON.stringify(document)}`],
    ['percent-encoded JSON', encodeURIComponent(JSON.stringify(document))],
    [
      'one statement without brackets',
      { Version: '2012-10-17', Statement: { Effect: 'Allow' } },
    ],
  ])('are read from %s', (_what, written) => {
    expect(parsePolicyDocument(written)).toEqual(document);
  });

  it('keep a percent sign in JSON', () => {
    expect(parsePolicyDocument('{"Statement":[],"Id":"100%"}')).toEqual({
      Statement: [],
      Id: '100%',
    });
    expect(parsePolicyDocument('{"Statement":[],"Id":"a%20b"}').Id).toBe(
      'a%20b',
    );
    expect(parsePolicyDocument({ Id: 'x' })).toEqual({
      Id: 'x',
      Statement: [],
    });
  });

  it.each<[unknown, string]>([
    ['no JSON', 'is not JSON'],
    ['%E0%A4%A', 'is not JSON'],
    [`{"Id":"${'a'.repeat(131_072)}"}`, 'at most 131072 are read'],
    [`%7B${'a'.repeat(131_072)}`, 'at most 131072 are read'],
    ['null', 'is not a JSON object'],
    ['7', 'is not a JSON object'],
    [undefined, 'is not a JSON object'],
    [[], 'is not a JSON object'],
    [{ Statement: [{}, 'text'] }, 'holds a statement that is not an object'],
  ])('cannot be %.20j', (written, message) => {
    expect(() => parsePolicyDocument(written)).toThrow(message);
  });

  it('refuse an empty statement', () => {
    expect(() => parsePolicyDocument({ Statement: [{}, null] })).toThrow(
      'holds a statement that is not an object',
    );
  });

  it('take a scalar for a list of one', () => {
    expect(asList(undefined)).toEqual([]);
    expect(asList(null)).toEqual([]);
    expect(asList('a')).toEqual(['a']);
    expect(asList(false)).toEqual([false]);
    expect(asList(['a', 'b'])).toEqual(['a', 'b']);
  });
});

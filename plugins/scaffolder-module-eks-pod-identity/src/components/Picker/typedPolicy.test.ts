import { policyOf, refusedOf } from './typedPolicy';

describe('a policy that is typed', () => {
  const AWS = 'arn:aws:iam::aws:policy/PowerUserAccess';
  const OWN = 'arn:aws:iam::111122223333:policy/PowerUserAccess';
  const refused = { value: AWS, label: 'PowerUserAccess', refusal: 'No.' };
  const own = { value: OWN, label: 'PowerUserAccess' };

  it('is the allowed one of two with the same name', () => {
    expect(policyOf('PowerUserAccess', [refused, own])).toBe(OWN);
    expect(refusedOf('PowerUserAccess', [refused, own])).toBeUndefined();
    expect(policyOf(AWS, [refused, own])).toBeUndefined();
    expect(refusedOf(AWS, [refused, own])).toBe(refused);
  });

  it('is none where every policy of that name is refused', () => {
    expect(policyOf('PowerUserAccess', [refused])).toBeUndefined();
    expect(refusedOf('PowerUserAccess', [refused])).toBe(refused);
  });

  it('is none where two allowed ones have the name', () => {
    const other = { ...own, value: `${OWN}2` };
    expect(policyOf('PowerUserAccess', [own, other])).toBeUndefined();
  });
});

import type { AssociationRow } from 'backstage-plugin-eks-pod-identity-common';
import { associationsCsv } from './csv';

const row: AssociationRow = {
  ref: { cluster: 'prod', namespace: 'payments', serviceAccount: 'api' },
  clusterTitle: 'Production',
  owner: 'portal',
  status: 'broken',
  headline: '',
  sentence: '=HYPERLINK("http://evil")',
  orphan: false,
  drift: true,
  stale: false,
};

describe('associationsCsv', () => {
  it('writes a header and quotes every cell', () => {
    const [header, line] = associationsCsv([row]).split('\r\n');
    expect(header).toContain('"cluster","namespace","serviceAccount"');
    expect(line).toContain('"prod","payments","api"');
  });

  it.each(['=', '+', '-', '@'])('makes a cell starting with %s text', sign => {
    expect(associationsCsv([{ ...row, sentence: `${sign}1+1` }])).toContain(
      `"'${sign}1+1"`,
    );
  });

  it.each([
    ['a;=1+1', `a;'=1+1`],
    ['a; "=1+1', `a; ""'=1+1`],
    ['a\n@x', `a\n'@x`],
    ['a;b-c', 'a;b-c'],
    [' =1', ` '=1`],
  ])('makes %j safe where semicolons separate cells', (text, safe) => {
    expect(associationsCsv([{ ...row, driftReason: text }])).toContain(
      `"${safe}"`,
    );
  });

  it('has the status in the words of the page, and only once', () => {
    const text = associationsCsv([
      { ...row, status: 'restart-needed', sentence: 'Two pods are older.' },
      { ...row, sentence: 'the role does not exist.' },
    ]);
    expect(text).toContain('"Restart needed","Two pods are older."');
    expect(text).toContain('"Broken","The role does not exist."');
  });

  it('says where a component only claims the identity', () => {
    const column = (each: AssociationRow) => {
      const [header, line] = associationsCsv([each]).split('\r\n');
      return line.split(',')[header.split(',').indexOf('"claimed"')];
    };
    expect(column({ ...row, claimed: true })).toBe('"true"');
    expect(column(row)).toBe('"false"');
  });

  it('doubles quotes', () => {
    expect(associationsCsv([row])).toContain('"\'=HYPERLINK(""http://evil"")"');
  });
});

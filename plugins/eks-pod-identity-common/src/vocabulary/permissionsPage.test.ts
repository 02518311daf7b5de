import {
  addressed,
  PERMISSIONS_PAGE,
  permissionsMentions,
} from './permissionsPage';

const URL = 'https://portal.example.com/aws-identities/permissions';
const TEXT = `Give it this statement of ${PERMISSIONS_PAGE}#aws-reading, whole. The rest is in ${PERMISSIONS_PAGE}.`;
const PARTS = [
  'Give it this statement of ',
  { label: `${PERMISSIONS_PAGE}#aws-reading`, hash: '#aws-reading' },
  ', whole. The rest is in ',
  { label: PERMISSIONS_PAGE, hash: '' },
  '.',
];

describe('texts that name the page about permissions', () => {
  it('have its address where there is one', () => {
    expect(addressed(TEXT, URL)).toBe(
      `Give it this statement of ${URL}#aws-reading, whole. The rest is in ${URL}.`,
    );
    expect(addressed(TEXT, undefined)).toBe(TEXT);
  });

  it('are split into the same parts with and without the address', () => {
    expect(permissionsMentions(TEXT)).toEqual(PARTS);
    expect(permissionsMentions(addressed(TEXT, URL))).toEqual(PARTS);
  });

  it('cannot choose where a link leads', () => {
    expect(
      JSON.stringify(
        permissionsMentions('See https://evil.example.com/permissions#aws-x'),
      ),
    ).not.toContain('evil');
  });

  it('may have none', () => {
    expect(permissionsMentions('Nothing here.')).toEqual(['Nothing here.']);
    expect(permissionsMentions('')).toEqual([]);
  });
});

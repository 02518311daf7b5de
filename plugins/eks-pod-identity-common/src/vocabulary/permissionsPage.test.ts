import { PERMISSIONS_PAGE, permissionsMentions } from './permissionsPage';

const URL = 'https://portal.example.com/aws-identities/permissions';
const naming = (page: string) =>
  `Give it this statement of ${page}#aws-reading, whole. The rest is in ${page}.`;
const PARTS = [
  'Give it this statement of ',
  { label: `${PERMISSIONS_PAGE}#aws-reading`, hash: '#aws-reading' },
  ', whole. The rest is in ',
  { label: PERMISSIONS_PAGE, hash: '' },
  '.',
];

describe('texts that name the page about permissions', () => {
  it('are split into the same parts with and without the address', () => {
    expect(permissionsMentions(naming(PERMISSIONS_PAGE))).toEqual(PARTS);
    expect(permissionsMentions(naming(URL))).toEqual(PARTS);
    expect(
      permissionsMentions(
        naming('https://p.example.com/http-docs/permissions'),
      ),
    ).toEqual(PARTS);
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

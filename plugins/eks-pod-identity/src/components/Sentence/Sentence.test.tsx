import { renderInTestApp } from '@backstage/frontend-test-utils';
import { screen } from '@testing-library/react';
import { permissionsRouteRef } from '../../routes';
import { Sentence } from './Sentence';

const URL = 'https://portal.example.com/aws-identities/permissions#aws-reading';
const TEXT = `Everything is in ${URL}.`;
const SHOWN = 'Everything is in docs/permissions.md#aws-reading.';

describe('a sentence of the backend', () => {
  it('links to the page about permissions, where the app has it', async () => {
    renderInTestApp(<Sentence>{TEXT}</Sentence>, {
      mountedRoutes: { '/ids/permissions': permissionsRouteRef },
    });
    const link = await screen.findByRole('link');
    expect(link).toHaveAttribute('href', '/ids/permissions#aws-reading');
    expect(link.parentElement).toHaveTextContent(SHOWN);
  });

  it('names the file where the app does not', async () => {
    renderInTestApp(
      <p>
        <Sentence>{TEXT}</Sentence>
      </p>,
    );
    expect(await screen.findByText(SHOWN)).toBeInTheDocument();
    expect(screen.queryByRole('link')).not.toBeInTheDocument();
  });
});

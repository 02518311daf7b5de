import { Link, SearchField, Text } from '@backstage/ui';
import { headingAnchor } from 'backstage-plugin-eks-pod-identity-common';
import { useMemo, useState } from 'react';
import { useTexts } from '../../hooks/useTexts';
import styles from './Docs.module.css';

/** What stands under one heading. */
interface Section {
  title: string;
  anchor: string;
  /** Lower case, for the search. */
  text: string;
}

function sectionsOf(markdown: string): Section[] {
  return markdown
    .split(/^## /m)
    .slice(1)
    .map(text => {
      const heading = text.slice(0, text.indexOf('\n'));
      const [title, id = title] = heading.split('`');
      return {
        title: title.trimEnd() || id,
        anchor: headingAnchor(id),
        text: text.toLowerCase(),
      };
    });
}

/** The sections of a page, all of them or those that have a word. */
export function DocsContents({ markdown }: { markdown: string }) {
  const { t } = useTexts();
  const [query, setQuery] = useState('');
  const sections = useMemo(() => sectionsOf(markdown), [markdown]);
  const wanted = query.trim().toLowerCase();
  const found = sections.filter(({ text }) => text.includes(wanted));
  return (
    <nav aria-label={t('docs.contents')} className={styles.contents}>
      <SearchField
        aria-label={t('docs.search')}
        placeholder={t('docs.search')}
        value={query}
        onChange={setQuery}
      />
      <ul>
        {found.map(({ anchor, title }) => (
          <li key={anchor}>
            <Link href={`#${anchor}`} variant="body-small">
              {title}
            </Link>
          </li>
        ))}
      </ul>
      <Text as="p" variant="body-small" role="status">
        {found.length === 0 && t('docs.nothing', { text: query.trim() })}
      </Text>
    </nav>
  );
}

import { Link } from '@backstage/ui';
import { headingAnchor } from 'backstage-plugin-eks-pod-identity-common';
import { Children, isValidElement, type ReactNode } from 'react';
import ReactMarkdown, { type Components } from 'react-markdown';
import gfm from 'remark-gfm';
import styles from './Docs.module.css';

const textOf = (children: ReactNode) => Children.toArray(children).join('');

/** A heading that a link can lead to, by the id of its check where it has one, and that takes the focus then. */
const heading = (Tag: 'h2' | 'h3'): Components['h2'] =>
  function Heading({ children }) {
    const id = Children.toArray(children).find(child =>
      isValidElement<{ children?: ReactNode }>(child),
    );
    return (
      <Tag
        id={headingAnchor(textOf(id ? id.props.children : children))}
        tabIndex={-1}
      >
        {children}
      </Tag>
    );
  };

/** Links to other pages of the documentation lead nowhere here. */
const components: Components = {
  h2: heading('h2'),
  h3: heading('h3'),
  a: ({ href = '', children }) =>
    /^(#|https?:)/.test(href) ? (
      <Link href={href} target={href.startsWith('#') ? undefined : '_blank'}>
        {children}
      </Link>
    ) : (
      <>{children}</>
    ),
  // A scrollable region has to be reachable by keyboard.
  /* eslint-disable jsx-a11y/no-noninteractive-tabindex */
  pre: ({ children }) => <pre tabIndex={0}>{children}</pre>,
  table: ({ children }) => (
    <div className={styles.scrolls} tabIndex={0}>
      <table>{children}</table>
    </div>
  ),
  /* eslint-enable jsx-a11y/no-noninteractive-tabindex */
};

/** The page as HTML; what it holds of HTML stays text. */
export function DocsText({ markdown }: { markdown: string }) {
  return (
    <ReactMarkdown
      className={styles.text}
      remarkPlugins={[gfm]}
      components={components}
    >
      {markdown}
    </ReactMarkdown>
  );
}

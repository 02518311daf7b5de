import {
  Link,
  sidebarConfig,
  useSidebarOpenState,
} from '@backstage/core-components';

/** A hexagon (a pod) with a key in it. */
function LogoIcon() {
  return (
    <svg width="28" height="28" viewBox="0 0 32 32" aria-hidden="true">
      <path
        d="M16 3l11.3 6.5v13L16 29 4.7 22.5v-13z"
        fill="none"
        stroke="#7df3d3"
        strokeWidth="2.5"
        strokeLinejoin="round"
      />
      <circle cx="16" cy="13" r="3.5" fill="#7df3d3" />
      <path
        d="M16 16v7"
        stroke="#7df3d3"
        strokeWidth="3"
        strokeLinecap="round"
      />
    </svg>
  );
}

export function SidebarLogo() {
  const { isOpen } = useSidebarOpenState();
  return (
    <Link
      to="/"
      underline="none"
      // What is seen while the menu is open
      aria-label="EKS Pod Identity"
      style={{
        display: 'flex',
        alignItems: 'center',
        gap: 12,
        height: sidebarConfig.drawerWidthClosed,
        paddingLeft: (sidebarConfig.drawerWidthClosed - 28) / 2,
        whiteSpace: 'nowrap',
        color: '#ffffff',
        fontWeight: 600,
      }}
    >
      <LogoIcon />
      {isOpen && 'EKS Pod Identity'}
    </Link>
  );
}

import {
  Sidebar,
  SidebarDivider,
  SidebarGroup,
  SidebarItem,
  SidebarScrollWrapper,
  SidebarSpace,
} from '@backstage/core-components';
import { NotificationsSidebarItem } from '@backstage/plugin-notifications';
import { NavContentBlueprint } from '@backstage/plugin-app-react';
import { UserSettingsSignInAvatar } from '@backstage/plugin-user-settings';
import { RiMenuLine } from '@remixicon/react';
import styles from './Sidebar.module.css';
import { SidebarLogo } from './SidebarLogo';

/** Past the menu and what a page has above its content, for those who go by keyboard. */
function SkipToContent() {
  const skip = () => {
    // A <main> that begins with the heading of the page has its tabs and menus, too; what follows is in articles
    const content =
      document.querySelector<HTMLElement>('main:not(:has(.bui-HeaderTop))') ??
      document.querySelector<HTMLElement>('article');
    if (!content) return;
    content.tabIndex = -1;
    content.focus();
  };
  return (
    <button type="button" className={styles.skip} onClick={skip}>
      Skip to content
    </button>
  );
}

/** In their default place, the right corner, they would cover the actions of an entity's cards. */
const popUps = {
  enabled: true,
  autoHideDuration: 15_000,
  anchorOrigin: { vertical: 'bottom', horizontal: 'center' },
} as const;

export const SidebarContent = NavContentBlueprint.make({
  params: {
    component: ({ navItems }) => {
      const nav = navItems.withComponent(item => (
        <SidebarItem icon={() => item.icon} to={item.href} text={item.title} />
      ));
      // NotificationsSidebarItem below shows it, with the number of unread notifications
      nav.take('page:notifications');

      return (
        <Sidebar>
          <div className={styles.menu}>
            <SkipToContent />
            <SidebarLogo />
            <SidebarDivider />
            <SidebarGroup label="Menu" icon={<RiMenuLine />}>
              {nav.take('page:app/home')}
              {nav.take('page:search')}
              {nav.take('page:catalog')}
              {nav.take('page:scaffolder')}
              <SidebarDivider />
              <SidebarScrollWrapper>
                {nav.rest({ sortBy: 'title' })}
              </SidebarScrollWrapper>
            </SidebarGroup>
            <SidebarSpace />
            <SidebarDivider />
            <NotificationsSidebarItem snackbarProps={popUps} />
            <SidebarDivider />
            <SidebarGroup
              label="Settings"
              icon={<UserSettingsSignInAvatar />}
              to="/settings"
            >
              {nav.take('page:user-settings')}
            </SidebarGroup>
          </div>
        </Sidebar>
      );
    },
  },
});

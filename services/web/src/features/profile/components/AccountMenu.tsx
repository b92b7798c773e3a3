import { LogOut, Monitor, Moon, Settings, ShieldUser, Sun, UserRound, UsersRound } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useLocation } from "wouter";
import { useIsAdministrator } from "@/features/administration/api/useIsAdministrator";
import { useReturnFocus } from "@/shared/hooks/useReturnFocus";
import { paths } from "@/shared/lib/paths";
import { Avatar } from "@/shared/ui/Avatar";
import { ConfirmDialog } from "@/shared/ui/ConfirmDialog";
import { Menu, MenuChoice, MenuItem, MenuSeparator } from "@/shared/ui/Menu";
import { useProfile } from "../api/useProfile";
import { useSignOut } from "../hooks/useSignOut";
import { useTheme } from "../hooks/useTheme";
import "./profile.css";

const ProfileDialog = lazy(() =>
  import("./ProfileDialog").then(({ ProfileDialog }) => ({ default: ProfileDialog })),
);

const THEMES = [
  { value: "system", label: "System", icon: <Monitor size={16} aria-hidden="true" /> },
  { value: "light", label: "Light", icon: <Sun size={16} aria-hidden="true" /> },
  { value: "dark", label: "Dark", icon: <Moon size={16} aria-hidden="true" /> },
] as const;

export function AccountMenu() {
  const { profile } = useProfile();
  const { signOut, unsavedCount, confirming, cancel, confirm } = useSignOut();
  const [editing, setEditing] = useState(false);
  const [theme, setTheme] = useTheme();
  const [, navigate] = useLocation();
  const administrator = useIsAdministrator();
  const { ref, returnFocus } = useReturnFocus();

  return (
    <>
      <Menu
        label="Account"
        trigger={
          <button
            ref={ref}
            type="button"
            className="account-trigger"
            aria-label={`Account of ${profile.name}`}
            data-testid="account"
            // Known by the time the menu is open, and not asked for on every page.
            onPointerEnter={administrator.ask}
            onFocus={administrator.ask}
          >
            <Avatar person={profile} />
          </button>
        }
      >
        <div className="menu__header">
          <Avatar person={profile} size="large" />
          <div>
            <p>
              <strong>{profile.name}</strong>
            </p>
            <p className="field__hint">{profile.email}</p>
          </div>
        </div>
        <MenuSeparator />
        <MenuItem
          icon={<UserRound size={16} aria-hidden="true" />}
          testId="profile"
          onSelect={() => setEditing(true)}
        >
          Your profile
        </MenuItem>
        <MenuItem
          icon={<Settings size={16} aria-hidden="true" />}
          testId="settings"
          onSelect={() => navigate(paths.settings)}
        >
          Settings
        </MenuItem>
        <MenuItem
          icon={<UsersRound size={16} aria-hidden="true" />}
          testId="teams"
          onSelect={() => navigate(paths.teams)}
        >
          Teams
        </MenuItem>
        {administrator.known && (
          <MenuItem
            icon={<ShieldUser size={16} aria-hidden="true" />}
            testId="administration"
            onSelect={() => navigate(paths.administration)}
          >
            Administration
          </MenuItem>
        )}
        <MenuSeparator />
        <MenuChoice label="Theme" value={theme} options={THEMES} onChange={setTheme} />
        <MenuSeparator />
        <MenuItem icon={<LogOut size={16} aria-hidden="true" />} testId="sign-out" onSelect={signOut}>
          Sign out
        </MenuItem>
      </Menu>
      {editing && (
        <Suspense fallback={null}>
          <ProfileDialog
            onClose={() => {
              setEditing(false);
              returnFocus();
            }}
          />
        </Suspense>
      )}
      {confirming && (
        <ConfirmDialog
          title="Sign out with unsaved edits?"
          action="Discard edits and sign out"
          danger
          onClose={cancel}
          onConfirm={confirm}
        >
          <p>
            {unsavedCount === 1 ? "One document has" : `${unsavedCount} documents have`} edits on this device
            that could not be saved yet. Signing out removes them. Stay signed in until the connection is back
            to keep them.
          </p>
        </ConfirmDialog>
      )}
    </>
  );
}

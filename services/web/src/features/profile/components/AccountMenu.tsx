import { LogOut, Monitor, Moon, Settings, Sun, UserRound } from "lucide-react";
import { useState } from "react";
import { useLocation } from "wouter";
import { paths } from "@/shared/lib/paths";
import { Avatar } from "@/shared/ui/Avatar";
import { ConfirmDialog } from "@/shared/ui/ConfirmDialog";
import { Menu, MenuChoice, MenuItem, MenuSeparator } from "@/shared/ui/Menu";
import { useProfile } from "../api/useProfile";
import { useSignOut } from "../hooks/useSignOut";
import { useTheme } from "../hooks/useTheme";
import { ProfileDialog } from "./ProfileDialog";
import "./profile.css";

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

  return (
    <>
      <Menu
        label="Account"
        trigger={
          <button
            type="button"
            className="account-trigger"
            aria-label={`Account of ${profile.name}`}
            data-testid="account"
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
        <MenuSeparator />
        <MenuChoice label="Theme" value={theme} options={THEMES} onChange={setTheme} />
        <MenuSeparator />
        <MenuItem icon={<LogOut size={16} aria-hidden="true" />} testId="sign-out" onSelect={signOut}>
          Sign out
        </MenuItem>
      </Menu>
      {editing && <ProfileDialog onClose={() => setEditing(false)} />}
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

import { type ChangeEvent, useRef, useState } from "react";
import { usePreferences, useUpdatePreferences } from "@/features/profile/api/usePreferences";
import { MAX_PICTURE_BYTES, useChangePicture, useProfile } from "@/features/profile/api/useProfile";
import { ProfileDialog } from "@/features/profile/components/ProfileDialog";
import { useTheme } from "@/features/profile/hooks/useTheme";
import { Avatar } from "@/shared/ui/Avatar";
import { Button } from "@/shared/ui/Button";
import { reportFailure } from "@/shared/ui/reportFailure";
import { Select } from "@/shared/ui/Select";
import { toast } from "@/shared/ui/toastStore";
import { Card, CardState } from "./Card";
import { EmailCard } from "./EmailCard";

export function ProfileSection() {
  return (
    <>
      <PersonCard />
      <EmailCard />
      <PreferencesCard />
    </>
  );
}

function PersonCard() {
  const { profile } = useProfile();
  const picture = useChangePicture();
  const [editing, setEditing] = useState(false);
  const input = useRef<HTMLInputElement>(null);

  const change = (next: Blob | null, doing: string, done: string) =>
    picture.mutate(next, {
      onSuccess: () => toast.info(done),
      onError: (error) => reportFailure(error, doing),
    });

  const choose = (event: ChangeEvent<HTMLInputElement>) => {
    const file = event.target.files?.[0];
    // The same file can be chosen again after it was refused.
    event.target.value = "";
    if (!file) return;
    if (file.size > MAX_PICTURE_BYTES) toast.error("That picture is too large: 5 MB at most.");
    else change(file, "change your picture", "Picture changed.");
  };

  return (
    <Card title="You" lead="What others see beside your words." testId="person-card">
      <div className="person">
        <Avatar person={profile} size="huge" />
        <div className="person__who">
          <p className="person__name">{profile.name}</p>
          <p className="field__hint">{profile.email}</p>
        </div>
      </div>
      <input
        ref={input}
        type="file"
        className="visually-hidden"
        accept="image/png,image/jpeg,image/webp,image/gif"
        aria-label="Picture"
        tabIndex={-1}
        data-testid="picture-file"
        onChange={choose}
      />
      <div className="card__actions">
        <Button size="small" onClick={() => setEditing(true)} data-testid="edit-profile">
          Change name and colour
        </Button>
        <Button
          size="small"
          busy={picture.isPending}
          onClick={() => input.current?.click()}
          data-testid="change-picture"
        >
          {profile.avatar_url ? "Change picture" : "Add a picture"}
        </Button>
        {profile.avatar_url && (
          <Button
            size="small"
            variant="quiet"
            onClick={() => change(null, "remove your picture", "Picture removed.")}
            data-testid="remove-picture"
          >
            Remove picture
          </Button>
        )}
      </div>
      <p className="field__hint">PNG, JPEG, WebP or GIF, 5 MB at most. The middle of it is shown.</p>
      {editing && <ProfileDialog onClose={() => setEditing(false)} />}
    </Card>
  );
}

const THEMES = [
  { value: "system", label: "Like the system" },
  { value: "light", label: "Light" },
  { value: "dark", label: "Dark" },
] as const;

const MAILS = [
  { value: "all", label: "About everything" },
  { value: "mentions", label: "When I am mentioned" },
  { value: "none", label: "Never" },
] as const;

function PreferencesCard() {
  const preferences = usePreferences();
  const update = useUpdatePreferences();
  const [theme, setTheme] = useTheme();
  const save = (change: Parameters<typeof update.mutate>[0]) =>
    update.mutate(change, { onError: (error) => reportFailure(error, "keep that") });

  return (
    <Card title="Preferences" lead="They follow you to every device." testId="preferences-card">
      <div className="setting">
        <span>Theme</span>
        <Select label="Theme" value={theme} options={THEMES} onChange={setTheme} data-testid="theme" />
      </div>
      {preferences.data === undefined ? (
        <CardState query={preferences} what="your preferences" />
      ) : (
        <>
          <div className="setting">
            <span className="setting__what">
              Mails
              <small className="field__hint">
                About what you have not read after two minutes, to your address once it is confirmed.
              </small>
            </span>
            <Select
              label="Mails"
              value={preferences.data.email_notifications}
              options={MAILS}
              onChange={(email_notifications) => save({ email_notifications })}
              data-testid="mails"
            />
          </div>
          <label className="setting">
            <span>Check spelling while writing</span>
            <input
              type="checkbox"
              className="checkbox"
              checked={preferences.data.spellcheck}
              onChange={(event) => save({ spellcheck: event.target.checked })}
              data-testid="spellcheck"
            />
          </label>
        </>
      )}
    </Card>
  );
}

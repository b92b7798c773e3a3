import { type CSSProperties, type FormEvent, useState } from "react";
import { ApiError, explain } from "@/shared/api/errors";
import { PEOPLE_COLORS } from "@/shared/lib/people";
import { Avatar } from "@/shared/ui/Avatar";
import { Button } from "@/shared/ui/Button";
import { Dialog } from "@/shared/ui/Dialog";
import { TextField } from "@/shared/ui/TextField";
import { toast } from "@/shared/ui/toastStore";
import { useProfile, useUpdateProfile } from "../api/useProfile";
import "./profile.css";

/** Name and colour: what others see beside this person's caret. */
export function ProfileDialog({ onClose }: { readonly onClose: () => void }) {
  const { profile } = useProfile();
  const update = useUpdateProfile();
  const [name, setName] = useState(profile.name);
  const [color, setColor] = useState(profile.color);
  const [error, setError] = useState<string | undefined>();
  // A colour the server chose stays on offer.
  const colors: readonly string[] = [...new Set([profile.color.toLowerCase(), ...PEOPLE_COLORS])];

  const save = async (event: FormEvent) => {
    event.preventDefault();
    const trimmed = name.trim();
    if (trimmed === "") {
      setError("Enter your name, as others should see it.");
      return;
    }
    try {
      await update.mutateAsync({ name: trimmed, color });
      toast.info("Profile saved.");
      onClose();
    } catch (failure) {
      const field = failure instanceof ApiError ? failure.problem.fields[0]?.message : undefined;
      setError(field ?? explain(failure, "save your profile"));
    }
  };

  return (
    <Dialog title="Your profile" onClose={onClose} testId="profile-dialog">
      <form className="profile" onSubmit={save} noValidate>
        <div className="profile__preview">
          <Avatar person={{ ...profile, name, color }} size="large" />
          <div>
            <strong>{name.trim() || "Your name"}</strong>
            <p>{profile.email}</p>
          </div>
        </div>
        <TextField
          label="Name"
          name="name"
          autoComplete="name"
          maxLength={80}
          data-autofocus=""
          data-testid="profile-name"
          value={name}
          error={error}
          onChange={(event) => {
            setName(event.target.value);
            setError(undefined);
          }}
        />
        <fieldset className="profile__colors">
          <legend className="field__label">Colour of your caret</legend>
          {colors.map((option) => (
            <label key={option} className="swatch" style={{ "--swatch": option } as CSSProperties}>
              <input
                type="radio"
                name="color"
                value={option}
                aria-label={option}
                checked={color.toLowerCase() === option}
                onChange={() => setColor(option)}
              />
            </label>
          ))}
        </fieldset>
        <div className="dialog__footer">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={update.isPending} data-testid="profile-save">
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

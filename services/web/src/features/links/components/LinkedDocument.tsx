import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { shownTitle } from "@/features/documents/model/title";
import { EditorSkeleton } from "@/features/editor/components/EditorSkeleton";
import { LinkedAccess } from "@/features/editor/hooks/useDocumentAccess";
import type { Person } from "@/features/editor/model/peers";
import { useProfile } from "@/features/profile/api/useProfile";
import { useDocumentTitle } from "@/shared/hooks/useDocumentTitle";
import { colorFor } from "@/shared/lib/people";
import { type OpenedLink, openLink } from "../api/openLink";
import { useLinkedSession } from "../hooks/useLinkedSession";
import { nameGuest } from "../model/guest";
import { linkedAccess } from "../model/linkedAccess";
import { LinkedWorkspace } from "./LinkedWorkspace";

interface LinkedDocumentProps {
  readonly token: string;
  readonly password: string | null;
  readonly opened: OpenedLink;
  /** Null for a guest. */
  readonly userId: string | null;
  readonly onShutOut: () => void;
}

/** A document as whoever came by a link sees it: the text, the people in it, and what the link's role adds. */
export function LinkedDocument(props: LinkedDocumentProps) {
  return props.userId === null ? <OpenLink {...props} profile={null} /> : <ForSignedIn {...props} />;
}

function ForSignedIn(props: LinkedDocumentProps) {
  const { profile } = useProfile();
  return <OpenLink {...props} profile={profile} />;
}

function OpenLink(props: LinkedDocumentProps & { readonly profile: Person | null }) {
  const { token, password, profile, onShutOut } = props;
  const [opened, setOpened] = useState(props.opened);
  const session = useLinkedSession({ ...props, onOpened: setOpened });
  useDocumentTitle(shownTitle(opened.document.title));

  const latest = useRef(opened);
  useEffect(() => {
    latest.current = opened;
  });
  const reopen = useCallback(async () => {
    const next = await openLink(token, password);
    setOpened(next);
    return next;
  }, [token, password]);
  const access = useMemo(
    () =>
      linkedAccess({
        me: opened.person,
        pass: () => latest.current.pass,
        renew: async () => (await reopen()).pass,
      }),
    [opened.person, reopen],
  );

  useEffect(
    () =>
      session?.onNews((topic) => {
        // Until it is known, the title that was is good enough.
        if (topic === "title") void reopen().catch(() => undefined);
      }),
    [session, reopen],
  );

  const rename = useCallback(
    async (name: string) => {
      nameGuest(name);
      await reopen();
    },
    [reopen],
  );

  const { person: id, name } = opened;
  const shown = name === "Guest" ? name : `${name} (guest)`;
  const guest = useMemo(() => ({ id, name: shown, color: colorFor(id) }), [id, shown]);

  if (!session) return <EditorSkeleton />;
  return (
    <LinkedAccess value={access}>
      <LinkedWorkspace
        token={token}
        opened={opened}
        person={profile ?? guest}
        session={session}
        onRename={profile === null ? rename : null}
        onShutOut={onShutOut}
      />
    </LinkedAccess>
  );
}

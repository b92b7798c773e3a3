import type { ReactNode } from "react";
import { APP_NAME } from "@/shared/lib/brand";
import { Wordmark } from "@/shared/ui/Logo";
import "./auth.css";

interface AuthLayoutProps {
  readonly title: string;
  readonly lead: string;
  readonly children: ReactNode;
  readonly footer: ReactNode;
}

export function AuthLayout({ title, lead, children, footer }: AuthLayoutProps) {
  return (
    <div className="auth">
      <main className="auth__main">
        <div className="wordmark">
          <Wordmark />
        </div>
        <div className="auth__panel">
          <h1 className="auth__title">{title}</h1>
          <p className="auth__lead">{lead}</p>
          {children}
          {footer !== null && <p className="auth__footer">{footer}</p>}
        </div>
      </main>
      <Showcase />
    </div>
  );
}

/** A document being written by two people: what this product is, without a word about it. */
function Showcase() {
  return (
    <aside className="auth__showcase" aria-hidden="true">
      <div className="sheet">
        <div className="sheet__bar">
          <span className="sheet__state">Saved</span>
          <span className="sheet__people">
            <i className="sheet__person sheet__person--ada">A</i>
            <i className="sheet__person sheet__person--lin">L</i>
          </span>
        </div>
        <p className="sheet__title">Field notes, week 12</p>
        <p className="sheet__text">
          We agreed on one page that everyone edits, at the same time, so nobody
          <span className="sheet__caret sheet__caret--ada">
            <b>Ada</b>
          </span>{" "}
          waits for a turn.
        </p>
        <ul className="sheet__tasks">
          <li className="sheet__task sheet__task--done">Collect the open questions</li>
          <li className="sheet__task">
            <span>
              Draft the <mark>answer together</mark>
              <span className="sheet__caret sheet__caret--lin">
                <b>Lin</b>
              </span>
            </span>
          </li>
          <li className="sheet__task">Share it with the team</li>
        </ul>
      </div>
      <p className="auth__promise">
        Saved means saved.
        <span>{APP_NAME} says so only once your words are safely stored.</span>
      </p>
    </aside>
  );
}

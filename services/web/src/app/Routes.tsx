import { Compass } from "lucide-react";
import { lazy, type ReactNode, Suspense } from "react";
import { Link, Redirect, Route, Switch, useLocation, useSearch } from "wouter";
import { useSession } from "@/features/auth/hooks/useSession";
import { safeNextPath } from "@/features/auth/model/nextPath";
import { paths } from "@/shared/lib/paths";
import { StatePage } from "@/shared/ui/StatePage";

const SignInPage = lazy(() => import("@/features/auth/components/SignInPage"));
const RegisterPage = lazy(() => import("@/features/auth/components/RegisterPage"));
const OtherWays = lazy(() =>
  import("@/features/auth/components/OtherWays").then(({ OtherWays }) => ({ default: OtherWays })),
);
const ForgotPasswordPage = lazy(() => import("@/features/auth/components/ForgotPasswordPage"));
const ResetPasswordPage = lazy(() => import("@/features/auth/components/ResetPasswordPage"));
const EmailProofPage = lazy(() => import("@/features/auth/components/EmailProofPage"));
const SettingsPage = lazy(() => import("@/features/settings/components/SettingsPage"));
const LinkPage = lazy(() => import("@/features/links/components/LinkPage"));
const TeamsPage = lazy(() => import("@/features/teams/components/TeamsPage"));
const AdministrationPage = lazy(() => import("@/features/administration/components/AdministrationPage"));
const DocumentsPage = lazy(() => import("@/features/documents/components/DocumentsPage"));
const HistoryPage = lazy(() => import("@/features/history/components/HistoryPage"));
const EditorPage = lazy(() => import("@/features/editor/components/EditorPage"));

export function Routes() {
  return (
    <Suspense fallback={null}>
      <Switch>
        <Route path="/">
          <Redirect to={paths.documents} replace />
        </Route>
        <Route path={paths.signIn}>
          <ForVisitors>
            <SignInPage
              otherWays={
                <Suspense fallback={null}>
                  <OtherWays />
                </Suspense>
              }
            />
          </ForVisitors>
        </Route>
        <Route path={paths.register}>
          <ForVisitors>
            <RegisterPage />
          </ForVisitors>
        </Route>
        <Route path={paths.forgotPassword}>
          <ForgotPasswordPage />
        </Route>
        <Route path={paths.resetPassword}>
          <ResetPasswordPage />
        </Route>
        <Route path={paths.verifyEmail}>
          <EmailProofPage key="verify" kind="verify" />
        </Route>
        <Route path={paths.confirmEmail}>
          <EmailProofPage key="confirm" kind="confirm" />
        </Route>
        <Route path={paths.link}>
          <LinkPage />
        </Route>
        <Route path={paths.settings}>
          <ForMembers>
            <SettingsPage />
          </ForMembers>
        </Route>
        <Route path={paths.administration}>
          <ForMembers>
            <AdministrationPage />
          </ForMembers>
        </Route>
        <Route path={paths.teams}>
          <ForMembers>
            <TeamsPage />
          </ForMembers>
        </Route>
        <Route path="/teams/:id">
          {({ id }) => (
            <ForMembers>
              <TeamsPage team={id} />
            </ForMembers>
          )}
        </Route>
        <Route path={paths.documents}>
          <ForMembers>
            <DocumentsPage />
          </ForMembers>
        </Route>
        <Route path="/folders/:id">
          {({ id }) => (
            <ForMembers>
              <DocumentsPage folder={id} />
            </ForMembers>
          )}
        </Route>
        <Route path="/documents/:id/history">
          {({ id }) => (
            <ForMembers>
              <HistoryPage key={id} id={id} />
            </ForMembers>
          )}
        </Route>
        <Route path="/documents/:id">
          {({ id }) => (
            <ForMembers>
              <EditorPage key={id} id={id} />
            </ForMembers>
          )}
        </Route>
        <Route>
          <StatePage
            testId="no-page"
            icon={<Compass size={28} />}
            title="There is no page here"
            actions={
              <Link className="button button--primary" href={paths.documents}>
                All documents
              </Link>
            }
          >
            <p>The address may be incomplete.</p>
          </StatePage>
        </Route>
      </Switch>
    </Suspense>
  );
}

/** Sends visitors to sign in, and remembers where they wanted to go. */
function ForMembers({ children }: { readonly children: ReactNode }) {
  const state = useSession();
  const [location] = useLocation();
  const search = useSearch();
  if (state.status === "signed-in") return children;
  const wanted = search === "" ? location : `${location}?${search}`;
  const query = wanted === paths.documents ? "" : `?${new URLSearchParams({ next: wanted })}`;
  return <Redirect to={`${paths.signIn}${query}`} replace />;
}

/** Sends whoever is signed in, here or just now in another tab, to where they wanted to go. */
function ForVisitors({ children }: { readonly children: ReactNode }) {
  const state = useSession();
  const next = new URLSearchParams(useSearch()).get("next");
  if (state.status !== "signed-in") return children;
  return <Redirect to={safeNextPath(next, paths.documents)} replace />;
}

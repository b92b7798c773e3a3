import { QueryClientProvider } from "@tanstack/react-query";
import { useState } from "react";
import { makeQueryClient } from "@/shared/api/queryClient";
import { Toasts } from "@/shared/ui/Toasts";
import { TooltipProvider } from "@/shared/ui/Tooltip";
import { ErrorBoundary } from "./ErrorBoundary";
import { Routes } from "./Routes";
import { SessionGate } from "./SessionGate";

export function App() {
  const [client] = useState(makeQueryClient);
  return (
    <ErrorBoundary>
      <QueryClientProvider client={client}>
        <TooltipProvider delayDuration={400}>
          <SessionGate>
            <Routes />
          </SessionGate>
          <Toasts />
        </TooltipProvider>
      </QueryClientProvider>
    </ErrorBoundary>
  );
}

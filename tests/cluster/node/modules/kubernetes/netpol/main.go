// Command netpol enforces the cluster's NetworkPolicies on its one node, as the CNI plug-ins of a real cluster do: it
// watches pods, namespaces and policies and keeps one nftables table equal to what they ask for.
//
// It covers networking.k8s.io/v1 for IPv4: pod and namespace selectors, address blocks with exceptions, numbered, named
// and ranged ports, both directions. A pod is open until its address is known, for the fraction of a second that every
// implementation needs which learns of pods from the API server.
package main

import (
	"context"
	"flag"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"

	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
)

const (
	// settle gathers the changes of one cause, such as a rollout's, into one table.
	settle     = 20 * time.Millisecond
	nftTimeout = 10 * time.Second
	retry      = time.Second
)

func main() {
	kubeconfig := flag.String("kubeconfig", "", "credentials for the API server")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		klog.Fatal(err)
	}
	factory := informers.NewSharedInformerFactory(kubernetes.NewForConfigOrDie(config), 0)
	pods, namespaces := factory.Core().V1().Pods(), factory.Core().V1().Namespaces()
	policies := factory.Networking().V1().NetworkPolicies()
	changed := make(chan struct{}, 1)
	notify := func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	}
	for _, informer := range []cache.SharedIndexInformer{pods.Informer(), namespaces.Informer(), policies.Informer()} {
		_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
			AddFunc:    func(any) { notify() },
			UpdateFunc: func(any, any) { notify() },
			DeleteFunc: func(any) { notify() },
		})
		if err != nil {
			klog.Fatal(err)
		}
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())

	applied := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-changed:
		}
		time.Sleep(settle)
		all := world{namespaces: map[string]labels.Set{}}
		// A lister reads its own memory: it cannot fail.
		listedPods, _ := pods.Lister().List(labels.Everything())
		listedNamespaces, _ := namespaces.Lister().List(labels.Everything())
		all.policies, _ = policies.Lister().List(labels.Everything())
		for _, namespace := range listedNamespaces {
			all.namespaces[namespace.Name] = namespace.Labels
		}
		for _, pod := range listedPods {
			if reachable(pod) {
				all.pods = append(all.pods, pod)
			}
		}
		table := all.table()
		if table == applied {
			continue
		}
		if err := apply(ctx, table); err != nil {
			klog.Error(err)
			// Changes that come meanwhile wait, too: a table that nft refuses would else be tried at each of them.
			select {
			case <-ctx.Done():
			case <-time.After(retry):
			}
			notify()
			continue
		}
		applied = table
	}
}

// reachable tells whether a pod has an address of its own that is not another's yet.
func reachable(pod *core.Pod) bool {
	ended := pod.Status.Phase == core.PodSucceeded || pod.Status.Phase == core.PodFailed
	return pod.Status.PodIP != "" && !pod.Spec.HostNetwork && !ended
}

func apply(ctx context.Context, table string) error {
	ctx, cancel := context.WithTimeout(ctx, nftTimeout)
	defer cancel()
	command := exec.CommandContext(ctx, "nft", "-f", "-")
	command.Stdin = strings.NewReader(table)
	said, err := command.CombinedOutput()
	if err != nil {
		klog.Errorf("nft: %s\n%s", said, table)
	}
	return err
}

// world is all that decides which packets may pass.
type world struct {
	pods       []*core.Pod
	namespaces map[string]labels.Set
	policies   []*networking.NetworkPolicy
}

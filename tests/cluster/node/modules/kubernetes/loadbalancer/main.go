// Command loadbalancer gives every Service of type LoadBalancer the node's own address, as a cloud's controller gives it
// a balancer's: kube-proxy then answers there on the Service's ports, and who waits for an address goes on. Two Services
// with the same port would share it, and only one is answered for.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"os/signal"
	"syscall"
	"time"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
)

const (
	patchTimeout = 10 * time.Second
	// resync is when a patch that failed is tried again.
	resync = 5 * time.Second
)

func main() {
	kubeconfig := flag.String("kubeconfig", "", "credentials for the API server")
	address := flag.String("address", "", "the node's")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		klog.Fatal(err)
	}
	client := kubernetes.NewForConfigOrDie(config)
	balance := func(object any) {
		service, ok := object.(*core.Service)
		if !ok || service.Spec.Type != core.ServiceTypeLoadBalancer || len(service.Status.LoadBalancer.Ingress) > 0 {
			return
		}
		if err := assign(ctx, client, service, *address); err != nil {
			klog.Errorf("%s/%s: %v", service.Namespace, service.Name, err)
		}
	}
	factory := informers.NewSharedInformerFactory(client, resync)
	_, err = factory.Core().V1().Services().Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    balance,
		UpdateFunc: func(_, object any) { balance(object) },
	})
	if err != nil {
		klog.Fatal(err)
	}
	factory.Start(ctx.Done())
	<-ctx.Done()
}

func assign(ctx context.Context, client kubernetes.Interface, service *core.Service, address string) error {
	ctx, cancel := context.WithTimeout(ctx, patchTimeout)
	defer cancel()
	status := core.ServiceStatus{LoadBalancer: core.LoadBalancerStatus{
		Ingress: []core.LoadBalancerIngress{{IP: address}},
	}}
	patch, err := json.Marshal(map[string]any{"status": status})
	if err != nil {
		return err
	}
	_, err = client.CoreV1().Services(service.Namespace).Patch(
		ctx, service.Name, types.MergePatchType, patch, meta.PatchOptions{}, "status")
	return err
}

package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// direction is what ingress and egress differ in: which end of a packet is the pod, which its peer.
type direction struct {
	kind      networking.PolicyType
	pod, peer string
}

var (
	ingress = direction{networking.PolicyTypeIngress, "daddr", "saddr"}
	egress  = direction{networking.PolicyTypeEgress, "saddr", "daddr"}
)

// table is the whole nftables program, which replaces the one before in a single transaction. The forward hook comes
// after Services are translated, so that rules see pods; what the node itself sends, such as probes, passes through
// neither hook and is always allowed.
func (w world) table() string {
	slices.SortFunc(w.pods, func(a, b *core.Pod) int { return cmp.Compare(a.UID, b.UID) })
	slices.SortFunc(w.policies, func(a, b *networking.NetworkPolicy) int { return cmp.Compare(a.UID, b.UID) })
	var text strings.Builder
	text.WriteString("table inet collab-policy\ndelete table inet collab-policy\ntable inet collab-policy {\n")
	for _, way := range []direction{egress, ingress} {
		jumps := w.chains(&text, way)
		fmt.Fprintf(&text, "chain %s {\n", way.kind)
		if len(jumps) > 0 {
			fmt.Fprintf(&text, "ip %s vmap { %s }\n", way.pod, strings.Join(jumps, ", "))
		}
		text.WriteString("}\n")
	}
	text.WriteString(`chain forward {
type filter hook forward priority filter;
ct state established,related accept
jump Egress
jump Ingress
}
chain input {
type filter hook input priority filter;
ct state established,related accept
jump Egress
}
}
`)
	return text.String()
}

// chains writes a chain for every isolated pod and returns how to get there. Rules return where they allow, so that the
// other direction is asked too.
func (w world) chains(text *strings.Builder, way direction) []string {
	var jumps []string
	for _, pod := range w.pods {
		isolated, rules := w.rules(pod, way)
		if !isolated {
			continue
		}
		name := fmt.Sprintf("%s-%s", way.kind, strings.ReplaceAll(pod.Status.PodIP, ".", "-"))
		jumps = append(jumps, fmt.Sprintf("%s : jump %s", pod.Status.PodIP, name))
		fmt.Fprintf(text, "chain %s { # %s/%s\n", name, pod.Namespace, pod.Name)
		// Their order means nothing, and two policies may allow the same.
		slices.Sort(rules)
		for _, rule := range slices.Compact(rules) {
			fmt.Fprintf(text, "%s return\n", rule)
		}
		text.WriteString("drop\n}\n")
	}
	return jumps
}

// rules are the matches that allow, and whether any policy isolates the pod at all.
func (w world) rules(pod *core.Pod, way direction) (isolated bool, rules []string) {
	for _, policy := range w.policies {
		applies := policy.Namespace == pod.Namespace && selects(&policy.Spec.PodSelector, pod.Labels)
		if !applies || !slices.Contains(policy.Spec.PolicyTypes, way.kind) {
			continue
		}
		isolated = true
		if way.kind == networking.PolicyTypeIngress {
			for _, rule := range policy.Spec.Ingress {
				// A port's name is the receiving pod's.
				for _, ports := range matches(rule.Ports, pod) {
					for _, peer := range w.peers(rule.From, policy.Namespace, way) {
						rules = append(rules, peer.match+" "+ports)
					}
				}
			}
			continue
		}
		for _, rule := range policy.Spec.Egress {
			for _, peer := range w.peers(rule.To, policy.Namespace, way) {
				for _, ports := range matches(rule.Ports, peer.pod) {
					rules = append(rules, peer.match+" "+ports)
				}
			}
		}
	}
	return isolated, rules
}

// peer is an address match; pod is whose address it is, if it is a pod's.
type peer struct {
	match string
	pod   *core.Pod
}

func (w world) peers(listed []networking.NetworkPolicyPeer, namespace string, way direction) []peer {
	if len(listed) == 0 {
		// Everyone. Pods are named as well, for rules that name ports.
		everyone := w.podsWhere(func(*core.Pod) bool { return true }, way)
		return append(everyone, peer{match: "meta nfproto ipv4"})
	}
	var found []peer
	for _, one := range listed {
		if block := one.IPBlock; block != nil {
			if strings.Contains(block.CIDR, ":") {
				// Of IPv6, which no pod has: it allows nothing, and nft takes no such address after `ip`.
				continue
			}
			match := fmt.Sprintf("ip %s %s", way.peer, block.CIDR)
			if len(block.Except) > 0 {
				match += fmt.Sprintf(" ip %s != { %s }", way.peer, strings.Join(block.Except, ", "))
			}
			found = append(found, peer{match: match})
			continue
		}
		found = append(found, w.podsWhere(func(pod *core.Pod) bool {
			if one.NamespaceSelector == nil && pod.Namespace != namespace {
				return false
			}
			inside := one.NamespaceSelector == nil || selects(one.NamespaceSelector, w.namespaces[pod.Namespace])
			return inside && (one.PodSelector == nil || selects(one.PodSelector, pod.Labels))
		}, way)...)
	}
	return found
}

func (w world) podsWhere(wanted func(*core.Pod) bool, way direction) []peer {
	var found []peer
	for _, pod := range w.pods {
		if wanted(pod) {
			found = append(found, peer{match: fmt.Sprintf("ip %s %s", way.peer, pod.Status.PodIP), pod: pod})
		}
	}
	return found
}

// matches are the port matches of a rule, for packets that go to `to`; a name that it has not matches nothing.
func matches(ports []networking.NetworkPolicyPort, to *core.Pod) []string {
	if len(ports) == 0 {
		return []string{""}
	}
	var found []string
	for _, port := range ports {
		protocol := core.ProtocolTCP
		if port.Protocol != nil {
			protocol = *port.Protocol
		}
		name := strings.ToLower(string(protocol))
		switch {
		case port.Port == nil:
			found = append(found, "meta l4proto "+name)
		case port.EndPort != nil:
			found = append(found, fmt.Sprintf("%s dport %d-%d", name, port.Port.IntVal, *port.EndPort))
		case port.Port.Type == intstr.Int:
			found = append(found, fmt.Sprintf("%s dport %d", name, port.Port.IntVal))
		default:
			for _, number := range named(to, port.Port.StrVal, protocol) {
				found = append(found, fmt.Sprintf("%s dport %d", name, number))
			}
		}
	}
	return found
}

func named(pod *core.Pod, name string, protocol core.Protocol) []int32 {
	var numbers []int32
	if pod == nil {
		return nil
	}
	for _, container := range pod.Spec.Containers {
		for _, port := range container.Ports {
			if port.Name == name && port.Protocol == protocol {
				numbers = append(numbers, port.ContainerPort)
			}
		}
	}
	return numbers
}

func selects(selector *meta.LabelSelector, set labels.Set) bool {
	parsed, err := meta.LabelSelectorAsSelector(selector)
	// The API server admits no selector that cannot be parsed.
	return err == nil && parsed.Matches(set)
}

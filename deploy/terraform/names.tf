# Who is led where: each visitor to the region whose answer is fastest, and to none whose gateway serves nobody. Each
# region's gateway (deploy/haproxy, deploy/regions.py) has more to give than its own nodes: it says so at /region.

locals {
  site_host = trimprefix(var.site_url, "https://")
}

resource "aws_route53_health_check" "region" {
  for_each = var.regions

  # By address where there is one: the name of the site is what is being decided.
  ip_address        = can(regex("^[0-9.]+$", each.value.address)) ? each.value.address : null
  fqdn              = can(regex("^[0-9.]+$", each.value.address)) ? local.site_host : each.value.address
  port              = 443
  type              = "HTTPS"
  resource_path     = "/region"
  request_interval  = 10
  failure_threshold = 2
  enable_sni        = true

  tags = { Name = "${var.name}-${each.key}" }
}

resource "aws_route53_record" "region" {
  for_each = var.regions

  zone_id        = var.zone_id
  name           = local.site_host
  type           = can(regex("^[0-9.]+$", each.value.address)) ? "A" : "CNAME"
  ttl            = 60
  records        = [each.value.address]
  set_identifier = each.key
  # An address whose check fails is not given out, unless all fail.
  health_check_id = aws_route53_health_check.region[each.key].id

  latency_routing_policy {
    region = each.value.aws_region
  }
}

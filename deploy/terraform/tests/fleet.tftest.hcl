# What the plan says, with AWS pretended: run by `terraform test`, which needs no account.

mock_provider "aws" {
  mock_resource "aws_lb" {
    defaults = { arn = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/hunt/1" }
  }
  mock_resource "aws_lb_target_group" {
    defaults = { arn = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/hunt/1" }
  }
  mock_resource "aws_lb_listener" {
    defaults = { arn = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener/app/hunt/1/1" }
  }
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-central-1:123456789012:hunt-fleet" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/hunt-notify" }
  }
  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:eu-central-1:123456789012:function:hunt-notify" }
  }
  mock_resource "aws_s3_bucket" {
    defaults = {
      id                          = "hunt-packages"
      arn                         = "arn:aws:s3:::hunt-packages"
      bucket_regional_domain_name = "hunt-packages.s3.eu-central-1.amazonaws.com"
    }
  }
  mock_resource "aws_vpc_endpoint" {
    defaults = { id = "vpce-1" }
  }
  mock_resource "aws_db_instance" {
    defaults = { address = "hunt.example.internal" }
  }
  mock_resource "aws_elasticache_cluster" {
    defaults = { cache_nodes = [{ address = "messages.example.internal" }] }
  }
  mock_resource "aws_launch_template" {
    defaults = { id = "lt-1", latest_version = 1 }
  }
}

variables {
  name                    = "hunt"
  region                  = "eu-central-1"
  vpc_id                  = "vpc-1"
  public_subnet_ids       = ["subnet-1", "subnet-2"]
  private_subnet_ids      = ["subnet-3", "subnet-4"]
  private_route_table_ids = ["rtb-1"]
  site_url                = "https://hunt.example.org"
  certificate_arn         = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
  secret_key              = "0123456789abcdef0123456789abcdef"
  settings                = { ADMIN_NAME = "keeper" }
  webhook_url             = "https://chat.example.org/hook"
  image_id                = "ami-0123456789abcdef0"
  packages_bucket         = "hunt-packages"
  database_password       = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
  # Any files will do here.
  repository_key_file = "../apt/infinity.pref"
  notify_package      = "../notify/slack.py"
}

run "a_node_learns_all_it_needs" {
  assert {
    condition     = startswith(base64decode(aws_launch_template.node.user_data), "#cloud-config\n")
    error_message = "A launch template takes user-data in base64, once."
  }
  assert {
    condition = jsonencode(local.settings) == jsonencode({
      ADMIN_NAME      = "keeper"
      DATABASE_URL    = "postgresql://infinity:ABCDEFGHIJKLMNOPQRSTUVWXYZ@hunt.example.internal/infinity?sslmode=require"
      DB_POOL_SIZE    = "5"
      DRAIN_FILE      = "/run/infinity/drain"
      HOST            = "0.0.0.0"
      PORT            = "8000"
      REDIS_URL       = "redis://messages.example.internal:6379/0"
      SECRET_KEY      = "0123456789abcdef0123456789abcdef"
      SITE_URL        = "https://hunt.example.org"
      TRUSTED_PROXIES = "1"
      WEB_PROCESSES   = "2"
    })
    error_message = "The settings of a node are not what they should be."
  }
  assert {
    condition     = aws_launch_template.node.metadata_options[0].http_tokens == "required" && aws_launch_template.node.metadata_options[0].http_put_response_hop_limit == 1
    error_message = "The user-data holds secrets, and must be out of reach of a request that the program is tricked into."
  }
}

run "visitors_go_where_a_node_is_ready_and_does_not_drain" {
  assert {
    condition     = aws_lb_target_group.nodes.health_check[0].path == "/readyz?drain" && aws_lb_target_group.nodes.port == 8000
    error_message = "The balancer asks the wrong question."
  }
  assert {
    condition     = tonumber(local.agent_settings.DRAIN_SECONDS) > aws_lb_target_group.nodes.health_check[0].interval * aws_lb_target_group.nodes.health_check[0].unhealthy_threshold
    error_message = "A node would restart before the balancer has noticed that it drains."
  }
  assert {
    condition     = tonumber(local.agent_settings.SETTLE_SECONDS) > aws_lb_target_group.nodes.health_check[0].interval * aws_lb_target_group.nodes.health_check[0].healthy_threshold
    error_message = "The next node would leave before the balancer has seen this one again."
  }
  assert {
    condition     = aws_lb_target_group.nodes.deregistration_delay == "60"
    error_message = "A node that leaves has to finish what it has."
  }
  assert {
    condition     = aws_lb.site.idle_timeout >= 3600
    error_message = "Sockets of quiet pages would be cut."
  }
  assert {
    condition     = aws_lb_listener.http.default_action[0].type == "redirect" && aws_lb_listener.https.protocol == "HTTPS"
    error_message = "Visitors go by https."
  }
  assert {
    condition     = one([for one in aws_lb_listener_rule.inside_only.condition : one.path_pattern[0].values if length(one.path_pattern) > 0]) == toset(["/healthz", "/readyz", "/metrics", "/up"])
    error_message = "How the fleet is doing is nobody's business outside."
  }
}

run "machines_are_not_thrown_out_for_draining_or_for_an_absent_database" {
  assert {
    condition     = aws_autoscaling_group.nodes.health_check_type == "EC2"
    error_message = "With ELB every update and every outage of the database would end machines."
  }
  assert {
    condition     = aws_autoscaling_group.nodes.min_size == 2 && aws_autoscaling_group.nodes.max_size == 6
    error_message = "The group has the wrong size."
  }
  assert {
    condition     = aws_autoscaling_group.nodes.instance_refresh[0].preferences[0].min_healthy_percentage == 100
    error_message = "A new node comes before an old one goes."
  }
}

run "the_bucket_is_read_by_nodes_and_written_by_the_publisher_alone" {
  assert {
    condition     = [for one in jsondecode(aws_s3_bucket_policy.packages.policy).Statement : one.Action if one.Effect == "Allow"] == ["s3:GetObject"]
    error_message = "The bucket's policy allows more than reading."
  }
  assert {
    condition     = jsondecode(aws_s3_bucket_policy.packages.policy).Statement[0].Condition.StringEquals["aws:SourceVpce"] == "vpce-1"
    error_message = "The bucket could be read from elsewhere."
  }
  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.packages.block_public_acls,
      aws_s3_bucket_public_access_block.packages.block_public_policy,
      aws_s3_bucket_public_access_block.packages.ignore_public_acls,
      aws_s3_bucket_public_access_block.packages.restrict_public_buckets,
    ])
    error_message = "The bucket is open to the public."
  }
}

run "the_chat_hears_of_every_machine" {
  assert {
    condition     = length(aws_autoscaling_notification.fleet.notifications) == 4 && aws_sns_topic_subscription.notify.endpoint == aws_lambda_function.notify.arn
    error_message = "Something about machines is not told."
  }
  assert {
    condition     = aws_lambda_function.notify.handler == "lambda_handler.handler" && aws_lambda_function.notify.environment[0].variables.WEBHOOK_URL == "https://chat.example.org/hook"
    error_message = "The function would not tell the chat."
  }
}

run "the_database_is_backed_up_and_reached_by_nodes_alone" {
  assert {
    condition     = aws_db_instance.hunt.storage_encrypted && !aws_db_instance.hunt.publicly_accessible && aws_db_instance.hunt.backup_retention_period >= 7 && aws_db_instance.hunt.deletion_protection
    error_message = "The database is not kept as it should be."
  }
  assert {
    condition     = one([for one in aws_db_parameter_group.hunt.parameter : one.value if one.name == "max_connections"]) == "150"
    error_message = "The database allows another number of connections than the budget reckons with."
  }
}

run "the_budget_reckons_with_the_largest_fleet" {
  assert {
    condition     = output.connections == { most = (6 + 1) * 2 * 5 + (6 + 1) + 5, room = 150 - 10 - 82 }
    error_message = "The sum is another one than deploy/budget.py makes."
  }
}

run "a_fleet_that_the_database_cannot_hold_is_no_plan" {
  command = plan

  module {
    source = "./budget"
  }

  variables {
    nodes     = 20
    processes = 2
    pool      = 5
    limit     = 150
  }

  expect_failures = [terraform_data.budget]
}

run "one_node_is_no_fleet" {
  command = plan

  variables {
    min_nodes = 1
  }

  expect_failures = [var.min_nodes]
}

run "a_password_that_would_break_the_address_is_refused" {
  command = plan

  variables {
    database_password = "a/password@with#marks-in-it"
  }

  expect_failures = [var.database_password]
}

run "a_setting_that_has_a_variable_of_its_own_is_refused" {
  command = plan

  variables {
    settings = { WEB_PROCESSES = "16" }
  }

  expect_failures = [var.settings]
}

run "a_setting_of_two_lines_is_refused" {
  command = plan

  variables {
    settings = { ADMIN_NAME = "keeper\nSECRET_KEY=mine" }
  }

  expect_failures = [var.settings]
}

run "without_regions_no_name_is_made" {
  assert {
    condition     = length(aws_route53_record.region) == 0 && length(aws_route53_health_check.region) == 0
    error_message = "The site's name belongs to whoever made it."
  }
}

run "each_region_is_a_latency_record_with_a_health_check" {
  variables {
    zone_id = "Z0123456789"
    regions = {
      new-york      = { address = "203.0.113.10", aws_region = "us-east-1" }
      san-francisco = { address = "203.0.113.20", aws_region = "us-west-1" }
      singapore     = { address = "gateway.sg.example.org", aws_region = "ap-southeast-1" }
    }
  }

  assert {
    condition     = { for name, one in aws_route53_record.region : name => [one.name, one.type, one.ttl, one.set_identifier, one.latency_routing_policy[0].region, one.records] } == { new-york = ["hunt.example.org", "A", 60, "new-york", "us-east-1", toset(["203.0.113.10"])], san-francisco = ["hunt.example.org", "A", 60, "san-francisco", "us-west-1", toset(["203.0.113.20"])], singapore = ["hunt.example.org", "CNAME", 60, "singapore", "ap-southeast-1", toset(["gateway.sg.example.org"])] }
    error_message = "A region's record is not what it should be."
  }
  assert {
    condition     = alltrue([for name, one in aws_route53_record.region : one.health_check_id == aws_route53_health_check.region[name].id])
    error_message = "A region that serves nobody would stay in the name."
  }
  assert {
    condition     = alltrue([for one in aws_route53_health_check.region : one.resource_path == "/region" && one.type == "HTTPS" && one.port == 443])
    error_message = "The health check asks the wrong question."
  }
  assert {
    condition     = aws_route53_health_check.region["new-york"].ip_address == "203.0.113.10" && aws_route53_health_check.region["new-york"].fqdn == "hunt.example.org"
    error_message = "A gateway by address must be asked for the site's name, or it refuses."
  }
}

run "regions_without_a_zone_are_no_plan" {
  command = plan

  variables {
    regions = {
      new-york  = { address = "203.0.113.10", aws_region = "us-east-1" }
      singapore = { address = "203.0.113.30", aws_region = "ap-southeast-1" }
    }
  }

  expect_failures = [var.zone_id]
}

run "two_regions_that_route_53_cannot_tell_apart_are_no_plan" {
  command = plan

  variables {
    zone_id = "Z0123456789"
    regions = {
      new-york = { address = "203.0.113.10", aws_region = "us-east-1" }
      boston   = { address = "203.0.113.30", aws_region = "us-east-1" }
    }
  }

  expect_failures = [var.regions]
}

run "an_address_with_a_scheme_is_no_plan" {
  command = plan

  variables {
    zone_id = "Z0123456789"
    regions = {
      new-york  = { address = "https://203.0.113.10", aws_region = "us-east-1" }
      singapore = { address = "203.0.113.30", aws_region = "ap-southeast-1" }
    }
  }

  expect_failures = [var.regions]
}
